import { type AuthenticatedCaller, type StreamRight } from '../../event-store/domain/index.js';
import { type Decision, type Precondition, type DecisionContext, type UserStreamKey } from '../domain/index.js';
import { type NextEventId } from './idempotency-key.js';

/** Who wants to write to which stream, and under which conditions. */
export interface WriteRequest {
  readonly caller: AuthenticatedCaller;
  readonly key: UserStreamKey;
  readonly precondition: Precondition;
  /** As the caller sent it. */
  readonly idempotencyKey: string | undefined;
  /** Goes into the events' metadata. */
  readonly requestId: string;
}

export interface WriteOutcome {
  readonly streamName: string;
  /** Of the last event that was written. */
  readonly revision: number;
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The stream began with it. */
  readonly created: boolean;
  /** The same request had been carried out before; nothing was written now. */
  readonly replayed: boolean;
  /** Largest of the events' data, in bytes. */
  readonly largestBytes: number;
}

/** What is asked of one stream. */
export interface WriteCommand {
  readonly request: WriteRequest;
  readonly right: StreamRight;
  /** All that the request asks for, beside its conditions. */
  readonly asked: readonly unknown[];
  readonly decide: (situation: DecisionContext, nextId: NextEventId) => Decision;
}
