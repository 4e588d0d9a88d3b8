import { type NewEvent, type Position, type RecordedEvent } from './event.js';
import {
  type NewStreamMetadata,
  type StreamMetadata,
  type StreamPermissions,
  type VersionedStreamMetadata,
} from './stream-metadata.js';

export type ExpectedRevision = bigint | 'any' | 'no_stream' | 'stream_exists';
export type Direction = 'forwards' | 'backwards';

export interface ReadOptions {
  /** Revision to begin with, inclusive; by default the first event forwards, the last event backwards. */
  readonly from?: bigint | 'start' | 'end';
  /** At most this many events; 100 where absent. */
  readonly limit?: number;
  readonly direction?: Direction;
}

export interface AppendOptions {
  /** `any` where absent: then only a repeated `eventId` protects from writing twice. */
  readonly expectedRevision?: ExpectedRevision;
}

export interface AppendResult {
  readonly streamName: string;
  /** Revision of the last event written; expect this one for the next write. */
  readonly revision: bigint;
  readonly position: Position | undefined;
}

/** What one of several streams gets in a common write. */
export interface StreamWrite {
  readonly streamName: string;
  readonly events: readonly NewEvent[];
  readonly expectedRevision: ExpectedRevision;
}

/** What a write demands of a stream that it does not write to. */
export interface ConsistencyCheck {
  readonly streamName: string;
  readonly expectedRevision: Exclude<ExpectedRevision, 'any'>;
}

export interface StreamsAppendResult {
  /** Revision of the last event written to each stream, by the stream's name. */
  readonly revisions: ReadonlyMap<string, bigint>;
  readonly position: Position | undefined;
}

export interface NewStream extends Omit<NewStreamMetadata, 'permissions'> {
  /** The owner alone where absent. */
  readonly permissions?: StreamPermissions;
}

export interface CreateStreamResult {
  readonly streamName: string;
  /** False where the stream was there already: nothing was written then. */
  readonly created: boolean;
}

export interface ConnectionTestResult {
  readonly connection: 'success' | 'failed';
  readonly health: 'healthy' | 'unhealthy';
  /** Milliseconds that the append and the read took together, by the monotonic clock. */
  readonly responseTime: number;
  /** Why it failed, for a person. */
  readonly error?: string;
}

export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here has been delivered with this batch; resume after it. Absent for subscriptions to one stream. */
  readonly position: Position | undefined;
}

export interface SubscriptionOptions {
  /** Called with one batch at a time, in order. A batch whose promise rejects is delivered again after a pause. */
  readonly onBatch: (batch: EventBatch) => Promise<void> | void;
  /** All that was in the store at the start (or after a reconnection) has been delivered. */
  readonly onCaughtUp?: () => void;
  /** The connection was lost or a batch failed; the subscription goes on by itself after a pause. */
  readonly onInterrupted?: (error: Error) => void;
}

export interface AllSubscriptionOptions extends SubscriptionOptions {
  /** Exclusive; from the first event of the store where absent. */
  readonly after?: Position | 'end';
  readonly filter?:
    { readonly streamNamePrefixes: readonly string[] } | { readonly eventTypePrefixes: readonly string[] };
}

export interface StreamSubscriptionOptions extends SubscriptionOptions {
  /** Exclusive; from the first event of the stream where absent. */
  readonly after?: bigint | 'end';
}

export interface EventSubscription {
  /** Ends it; resolves when the running batch, if any, has been handled. */
  stop(): Promise<void>;
}

/** The store of streams, as the rest of the service sees it. All methods throw the errors of `errors.ts` and no others. */
export interface EventStore {
  /** @throws StreamNotFoundError, StreamDeletedError, ConnectionError, TimeoutError */
  readStream(streamName: string, options?: ReadOptions): Promise<RecordedEvent[]>;
  /** All events in one atomic write. @throws WrongExpectedRevisionError, EventTooLargeError, StreamDeletedError, … */
  appendToStream(
    streamName: string,
    events: NewEvent | readonly NewEvent[],
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /**
   * Writes to several streams, all or none (KurrentDB 25.1 or later).
   *
   * @throws WrongExpectedRevisionError for the first stream found at another revision, EventTooLargeError, StreamDeletedError,
   *   ValidationError where the store cannot do it, …
   */
  appendToStreams(writes: readonly StreamWrite[]): Promise<StreamsAppendResult>;
  /**
   * Writes to one stream, if others are as demanded too (KurrentDB 26.1 or later): so a writer can be fenced off by a stream that it
   * does not write to.
   *
   * @throws as {@link appendToStreams}; UnsupportedByStoreError where the store cannot do it
   */
  appendConditionally(write: StreamWrite, demands: readonly ConsistencyCheck[]): Promise<AppendResult>;
  /** Appends `StreamCreated` as the first event and writes the metadata; harmless where the stream is there already. */
  createStream(stream: NewStream): Promise<CreateStreamResult>;
  /** Writes what a stream's metadata begin with, where it has none yet; harmless otherwise. */
  initializeMetadata(stream: NewStreamMetadata): Promise<AppendResult | undefined>;
  /** Soft delete: a later append begins the stream anew, with the revisions going on. */
  deleteStream(streamName: string, options?: { readonly expectedRevision?: ExpectedRevision }): Promise<void>;
  streamExists(streamName: string): Promise<boolean>;
  getStreamMetadata(streamName: string): Promise<VersionedStreamMetadata>;
  /** Replaces the metadata. @returns revision and position in the metadata stream */
  setStreamMetadata(streamName: string, metadata: StreamMetadata, options?: AppendOptions): Promise<AppendResult>;
  subscribeToAll(options: AllSubscriptionOptions): EventSubscription;
  subscribeToStream(streamName: string, options: StreamSubscriptionOptions): EventSubscription;
  /** Tells one store from another, also from one that was wiped and begun anew; undefined while the store is empty. */
  identity(): Promise<string | undefined>;
  /** Appends to `connection-test` and reads it back. Never throws: the result tells. */
  testConnection(): Promise<ConnectionTestResult>;
}
