import { type JsonInteger, toJsonInteger } from '../../common/revision.js';
import { ConnectionError, DomainError, ValidationError } from '../../errors/index.js';

export class StreamNotFoundError extends DomainError {
  readonly type = 'stream-not-found';

  constructor(streamName: string, cause?: unknown, why?: string) {
    super(`Stream '${streamName}' does not exist${why === undefined ? '' : `: ${why}`}`, { streamName, cause });
  }
}

export class StreamDeletedError extends DomainError {
  readonly type = 'stream-deleted';

  constructor(streamName: string, cause?: unknown, remedy?: string) {
    super(`Stream '${streamName}' has been deleted${remedy === undefined ? '' : `; ${remedy}`}`, { streamName, cause });
  }
}

interface StreamState {
  readonly reason?: string;
  readonly current?: number;
}

export class StreamAlreadyExistsError extends DomainError {
  readonly type = 'stream-already-exists';

  /** @param current revision of the stream */
  constructor(
    streamName: string,
    { reason = 'already exists; append to it instead of creating it', current }: StreamState = {},
  ) {
    super(`Stream '${streamName}' ${reason}`, {
      streamName,
      ...(current === undefined ? {} : { details: { currentRevision: current } }),
    });
  }
}

function inJson(revision: RevisionOrState): JsonInteger {
  return typeof revision === 'bigint' ? toJsonInteger(revision) : revision;
}

/** Expected or current revision, or a state of the stream. */
export type RevisionOrState = bigint | 'no_stream' | 'stream_exists' | 'any';

export class WrongExpectedRevisionError extends DomainError {
  readonly type = 'wrong-expected-revision';
  readonly expected: RevisionOrState | undefined;
  readonly current: bigint | 'no_stream' | undefined;

  constructor(streamName: string, expected?: RevisionOrState, current?: bigint | 'no_stream', cause?: unknown) {
    super(
      `Stream '${streamName}' is at ${current === undefined ? 'another revision' : `revision ${current}`}` +
        `${expected === undefined ? '' : `, not at the expected ${expected}`}; ` +
        'read it again and retry with its current revision',
      {
        streamName,
        cause,
        details: {
          ...(expected === undefined ? {} : { expectedRevision: inJson(expected) }),
          ...(current === undefined ? {} : { currentRevision: inJson(current) }),
        },
      },
    );
    this.expected = expected;
    this.current = current;
  }
}

/** KurrentDB does not accept the user and password of this service: no request can succeed, whoever sent it. */
export class StoreCredentialsError extends ConnectionError {}

/** The version of KurrentDB in use does not support the operation. */
export class UnsupportedByStoreError extends ValidationError {}

/** Data and metadata of all events of an append (1 MiB, the default of KurrentDB). */
export const MAX_APPEND_BYTES = 1_048_576;
/** Data and metadata of an event; larger events are logged as a warning. */
export const LARGE_EVENT_BYTES = 102_400;

export class EventTooLargeError extends DomainError {
  readonly type = 'event-too-large';

  constructor(streamName: string, bytes: number, maximumBytes: number = MAX_APPEND_BYTES, cause?: unknown) {
    super(
      `The events for stream '${streamName}' take ${bytes} bytes, more than the ${maximumBytes} ` +
        'allowed in one append; split them or store the payload elsewhere',
      {
        streamName,
        cause,
        details: { bytes, maximumBytes },
      },
    );
  }
}
