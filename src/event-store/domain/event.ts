/** A place in the log of the whole store, for reading `$all`. */
export interface Position {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** What an event says about itself, kept as the event's metadata in the store. */
export interface EventMetadata {
  /** Version of the shape of `data` for this event type, from 1. */
  readonly schemaVersion?: number;
  /** Name of the component that wrote it, such as `penguin-pool-streams/uptime`. */
  readonly source?: string;
  /** Same for everything that one request or one probe caused. */
  readonly correlationId?: string;
  /** `eventId` of the event, or id of the request, that caused this one. */
  readonly causationId?: string;
  readonly [key: string]: unknown;
}

/** The shape every event has for its readers. `timestamp`: when it happened, ISO 8601 in UTC with milliseconds. */
export interface BaseEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  readonly metadata?: EventMetadata;
  readonly timestamp: string;
  /** `evt_{time}_{random}`; its UUID in the store is derived from it, so that a repeated append is recognised. */
  readonly eventId: string;
}

/** An event to append. `eventId` and `timestamp` are made where they are not given: pass an `eventId` to make retries harmless. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  readonly metadata?: EventMetadata;
  readonly timestamp?: string;
  readonly eventId?: string;
}

/** An event as it was recorded in a stream. */
export interface RecordedEvent<Type extends string = string, Data = unknown> extends BaseEvent<Type, Data> {
  readonly metadata: EventMetadata;
  readonly streamName: string;
  /** 0 for a stream's first event. */
  readonly revision: bigint;
  /** Where it stands in the log; absent where the server did not say. */
  readonly position: Position | undefined;
  /** When the store recorded it, in milliseconds since 1970 (of the store's clock, unlike `timestamp`). */
  readonly created: number;
  /** Present where `data` could not be read as its type demands: it is as stored then, and no {@link isEvent} accepts it. */
  readonly problem?: EventProblem;
}

export interface EventProblem {
  /** `newer-schema-version`: a newer version of this service wrote it; `malformed`: nobody should have written it. */
  readonly reason: 'newer-schema-version' | 'malformed';
  readonly message: string;
}
