import { type NextEventId } from '../../event-store/commands/index.js';
import { type AuthenticatedCaller, type StreamRight } from '../../event-store/domain/index.js';
import { type Decision, type Precondition, type DecisionContext, type UserStreamKey } from '../domain/index.js';
import { type StoredData } from './user-stream-read-model.js';

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

/** State of the stream that a command is decided on. */
export interface WriteContext extends DecisionContext {
  /** Undefined if the stream has no data, or the command does not read them. */
  readonly data: StoredData | undefined;
}

/** Command on one stream. */
export interface WriteCommand {
  readonly request: WriteRequest;
  readonly right: StreamRight;
  readonly action: 'create' | 'replace' | 'change' | 'delete' | 'restore';
  /** Content of the request beside its preconditions, as JSON values: part of the fingerprint of its `Idempotency-Key`. */
  readonly payload: readonly unknown[];
  readonly readsData?: boolean;
  readonly decide: (context: WriteContext, nextId: NextEventId) => Decision;
}
