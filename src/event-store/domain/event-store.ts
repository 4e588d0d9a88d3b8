import { type NewEvent, type Position, type RecordedEvent } from './event.js';
import {
  type NewStreamMetadata,
  type StreamMetadata,
  type StreamPermissions,
  type VersionedStreamMetadata,
} from './stream-metadata.js';
import { type CONNECTION_TEST_STREAM, type HEALTH_CHECK_STREAM } from './stream-name.js';

export type ExpectedRevision = bigint | 'any' | 'no_stream' | 'stream_exists';
export type Direction = 'forwards' | 'backwards';

export interface ReadOptions {
  /** Revision, inclusive; by default the first event forwards, the last event backwards. */
  readonly from?: bigint | number | 'start' | 'end';
  /** 100 if absent. */
  readonly limit?: number;
  readonly direction?: Direction;
}

export interface PageOptions {
  /** Inclusive; by default the first event forwards, the last event backwards. */
  readonly from?: bigint;
  readonly limit: number;
  readonly direction?: Direction;
  /** The page ends behind the event with which it is this large; it has one event at least, if there is one. */
  readonly maxBytes: number;
}

export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** Revision of the first event of the next page; undefined if there is none. */
  readonly next: bigint | undefined;
  /** Approximate size as JSON. */
  readonly bytes: number;
}

/** Reads pages that are bounded by bytes as by count. */
export interface EventPageReader {
  /** @throws errors of {@link EventStore.readStream} */
  read(streamName: string, options: PageOptions): Promise<EventPage>;
}

export interface AppendOptions {
  /** `any` if absent: only a repeated `eventId` prevents duplicates then. */
  readonly expectedRevision?: ExpectedRevision;
}

export interface AppendResult {
  readonly streamName: string;
  /** Revision of the last event written; expect this one for the next write. */
  readonly revision: bigint;
  readonly position: Position | undefined;
}

/** Events for one stream, at an expected revision. */
export interface StreamWrite {
  readonly streamName: string;
  readonly events: readonly NewEvent[];
  readonly expectedRevision: ExpectedRevision;
}

/** Condition of a write on a stream that it does not write to. */
export interface ConsistencyCheck {
  readonly streamName: string;
  readonly expectedRevision: Exclude<ExpectedRevision, 'any'>;
}

export interface StreamsAppendResult {
  /** Revision of the last event by stream name. */
  readonly revisions: ReadonlyMap<string, bigint>;
  readonly position: Position | undefined;
}

export interface NewStream extends Omit<NewStreamMetadata, 'permissions'> {
  /** {@link ownedBy} the owner if absent. */
  readonly permissions?: StreamPermissions;
}

export interface CreateStreamResult {
  readonly streamName: string;
  /** False if the stream existed. */
  readonly created: boolean;
}

export type TestStream = typeof CONNECTION_TEST_STREAM | typeof HEALTH_CHECK_STREAM;

export interface ConnectionTestResult {
  readonly connection: 'success' | 'failed';
  readonly health: 'healthy' | 'unhealthy';
  /** Duration of append and read in milliseconds, by the monotonic clock. */
  readonly responseTime: number;
  /** Human-readable reason of the failure. */
  readonly error?: string;
  /** The store can be read, but its disk has no room for a write. */
  readonly storage?: 'full';
  /** The store can be read, but writes have been failing, for the reason in `error`. */
  readonly writes?: 'failing';
}

export interface EventBatch {
  /** Never empty. */
  readonly events: readonly RecordedEvent[];
  /** All events up to this position have been delivered; resume after it. Absent for subscriptions to one stream. */
  readonly position: Position | undefined;
}

export interface SubscriptionOptions {
  /** Called with one batch at a time, in order. A batch whose promise rejects is delivered again after a pause. */
  readonly onBatch: (batch: EventBatch) => Promise<void> | void;
  /**
   * All matching events up to this position have been delivered, and none was since the last batch: resume after it.
   * Called and repeated as {@link onBatch}, by filtered subscriptions only.
   */
  readonly onCheckpoint?: (position: Position) => Promise<void> | void;
  /** All events that existed at the start, or at a reconnection, have been delivered. */
  readonly onCaughtUp?: () => void;
  /** The connection was lost or a batch failed; the subscription resumes by itself after a pause. */
  readonly onInterrupted?: (error: Error) => void;
}

export interface AllSubscriptionOptions extends SubscriptionOptions {
  /** Exclusive; from the first event of the store if absent. */
  readonly after?: Position | 'end';
  readonly filter?:
    { readonly streamNamePrefixes: readonly string[] } | { readonly eventTypePrefixes: readonly string[] };
}

export interface StreamSubscriptionOptions extends SubscriptionOptions {
  /** Exclusive; from the first event of the stream if absent. */
  readonly after?: bigint | 'end';
}

export interface EventSubscription {
  /** Resolves when the current batch has been handled. */
  stop(): Promise<void>;
}

/** How far the log goes. */
export interface LogExtent {
  /** Of the last event; undefined if there is none. */
  readonly end: Position | undefined;
  /** Of the last event of the requested streams after the requested position; undefined if there is none. */
  readonly lastMatch: Position | undefined;
}

/** Port of the event store. All methods throw the errors of `errors.ts` and of `src/errors`, and no others. */
export interface EventStore {
  /** @throws StreamNotFoundError, StreamDeletedError, ConnectionError, TimeoutError */
  readStream(streamName: string, options?: ReadOptions): Promise<RecordedEvent[]>;
  /** Atomic. @throws WrongExpectedRevisionError, EventTooLargeError, StreamDeletedError, … */
  appendToStream(
    streamName: string,
    events: NewEvent | readonly NewEvent[],
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /**
   * Atomic write to several streams (KurrentDB 25.1 or later).
   *
   * @throws WrongExpectedRevisionError for the first stream at another revision, EventTooLargeError,
   *   StreamDeletedError, ValidationError if the store does not support it, …
   */
  appendToStreams(writes: readonly StreamWrite[]): Promise<StreamsAppendResult>;
  /**
   * Writes to one stream on condition of the revisions of others, for fencing (KurrentDB 26.1 or later).
   *
   * @throws as {@link appendToStreams}; UnsupportedByStoreError
   */
  appendConditionally(write: StreamWrite, checks: readonly ConsistencyCheck[]): Promise<AppendResult>;
  /** Writes the metadata and appends `StreamCreated` as the first event; no effect if the stream exists. */
  createStream(stream: NewStream): Promise<CreateStreamResult>;
  /**
   * Writes the metadata of a stream before its first event, closed to other users of the store.
   *
   * @returns the revision that the first event must expect; undefined if the stream has events
   */
  beginStream(stream: NewStreamMetadata): Promise<ExpectedRevision | undefined>;
  /** Writes the initial metadata of a stream that has events; no effect if it has metadata. */
  initializeMetadata(stream: NewStreamMetadata): Promise<AppendResult | undefined>;
  /** Soft delete: a later append recreates the stream, and its revisions continue. */
  deleteStream(streamName: string, options?: { readonly expectedRevision?: ExpectedRevision }): Promise<void>;
  streamExists(streamName: string): Promise<boolean>;
  getStreamMetadata(streamName: string): Promise<VersionedStreamMetadata>;
  /** Replaces the metadata. @returns revision and position in the metadata stream */
  setStreamMetadata(streamName: string, metadata: StreamMetadata, options?: AppendOptions): Promise<AppendResult>;
  /** The end of the log, and the last event of streams with these prefixes after a position, by default of all. */
  readLogExtent(streamNamePrefixes: readonly string[], after?: Position): Promise<LogExtent>;
  subscribeToAll(options: AllSubscriptionOptions): EventSubscription;
  subscribeToStream(streamName: string, options: StreamSubscriptionOptions): EventSubscription;
  /** Id of the store, which changes when it is wiped; undefined while the store is empty. */
  identity(): Promise<string | undefined>;
  /** Appends to `connection-test`, or to the stream of health checks, and reads it back. Never throws. */
  testConnection(streamName?: TestStream): Promise<ConnectionTestResult>;
}
