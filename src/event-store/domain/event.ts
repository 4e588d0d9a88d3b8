/** Position in `$all`. */
export interface Position {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Metadata of an event, as stored. */
export interface EventMetadata {
  /** Version of the data of this event type, from 1. */
  readonly schemaVersion?: number;
  /** Component that wrote the event, such as `penguin-pool-streams/uptime`. */
  readonly source?: string;
  /** Equal for all events of one request or one probe. */
  readonly correlationId?: string;
  /** `eventId` of the event, or id of the request, that caused this one. */
  readonly causationId?: string;
  readonly [key: string]: unknown;
}

/** Envelope of events. `timestamp`: when it happened, ISO 8601 in UTC with milliseconds. */
export interface BaseEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  readonly metadata?: EventMetadata;
  readonly timestamp: string;
  /** `evt_{time}_{random}`; its UUID in the store is derived from it, so that a repeated append is recognized. */
  readonly eventId: string;
}

/** An event to append. Absent `eventId` and `timestamp` are generated: pass an `eventId` to make retries idempotent. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  readonly metadata?: EventMetadata;
  readonly timestamp?: string;
  readonly eventId?: string;
}

export interface RecordedEvent<Type extends string = string, Data = unknown> extends BaseEvent<Type, Data> {
  readonly metadata: EventMetadata;
  readonly streamName: string;
  /** 0 for a stream's first event. */
  readonly revision: bigint;
  /** Undefined if the server did not send it. */
  readonly position: Position | undefined;
  /** Time of the append by the store's clock, in milliseconds since 1970. */
  readonly created: number;
  /** Present if `data` could not be decoded: it is as stored, and {@link isEvent} is false. */
  readonly problem?: EventProblem;
}

export interface EventProblem {
  /** `newer-schema-version`: a newer version of this service wrote it; `malformed`: it violates the schema. */
  readonly reason: 'newer-schema-version' | 'malformed';
  readonly message: string;
}
