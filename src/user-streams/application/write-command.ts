import { type NextEventId } from '../../event-store/commands/index.js';
import { type AuthenticatedCaller, type StreamRight } from '../../event-store/domain/index.js';
import { type Decision, type Precondition, type DecisionContext, type UserStreamKey } from '../domain/index.js';
import { type StoredData } from './user-stream-read-model.js';

export interface WriteRequest {
  readonly caller: AuthenticatedCaller;
  readonly key: UserStreamKey;
  readonly precondition: Precondition;
  /** Value of the header. */
  readonly idempotencyKey: string | undefined;
  /** Stored in the metadata of the events. */
  readonly requestId: string;
}

export interface WriteOutcome {
  readonly streamName: string;
  /** Revision of the last event. */
  readonly revision: number;
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly created: boolean;
  /** The same request was executed before: nothing was written. */
  readonly replayed: boolean;
  /** Size of the largest data. */
  readonly largestBytes: number;
}

/** State of the stream that a command is decided on. */
export interface WriteContext extends DecisionContext {
  /** Undefined if the stream has no data, or the command does not read them. */
  readonly data: StoredData | undefined;
}

export interface WriteCommand {
  readonly request: WriteRequest;
  readonly right: StreamRight;
  readonly action: 'create' | 'replace' | 'change' | 'delete' | 'restore';
  /** Content of the request without preconditions, as JSON values: part of the fingerprint of its `Idempotency-Key`. */
  readonly payload: readonly unknown[];
  readonly readsData?: boolean;
  readonly decide: (context: WriteContext, nextId: NextEventId) => Decision;
}
