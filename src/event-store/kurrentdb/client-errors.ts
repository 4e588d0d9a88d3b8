import {
  AccessDeniedError,
  AppendConsistencyViolationError,
  AppendRecordSizeExceededError,
  CancelledError,
  convertToCommandError,
  DeadlineExceededError,
  InvalidArgumentError,
  MaxAppendSizeExceededError,
  NoStreamError,
  NotLeaderError,
  StreamDeletedError as ClientStreamDeletedError,
  StreamNotFoundError as ClientStreamNotFoundError,
  StreamTombstonedError,
  TimeoutError as ClientTimeoutError,
  TransactionMaxSizeExceededError,
  UnavailableError,
  UnsupportedError,
  WrongExpectedVersionError,
} from '@kurrent/kurrentdb-client';
import {
  ConnectionError,
  EventTooLargeError,
  MAX_APPEND_BYTES,
  PermissionError,
  type RevisionOrState,
  StreamDeletedError,
  DomainError,
  StreamNotFoundError,
  TimeoutError,
  UnsupportedByStoreError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../domain/index.js';

/** What an operation was about, for the messages of its errors. */
export interface Operation {
  /** In words that follow "while": `reading`, `appending to`, … */
  readonly name: string;
  readonly streamName?: string;
}

/** The operation, as it follows "while" in a message. */
export function describeOperation({ name, streamName }: Operation): string {
  return streamName === undefined ? name : `${name} stream '${streamName}'`;
}

/**
 * Error of an operation that exceeds its time limit: the client's own deadlines do not cover a batch append, which waits forever for its response,
 * and native reads, which take no deadline.
 */
export function lateResponseError(operation: Operation, timeoutMs: number): TimeoutError {
  const { streamName } = operation;
  return new TimeoutError(
    `KurrentDB did not answer within ${timeoutMs} ms while ${describeOperation(operation)}; it may still have been done, so retry with the same event ids`,
    streamName === undefined ? {} : { streamName },
  );
}

/** `-2`, `-1` and `-4` in the trailers of a failed delete (FACTS of the protocol: `expected-version`). */
const STATES: ReadonlyMap<bigint, RevisionOrState> = new Map([
  [-1n, 'no_stream'],
  [-2n, 'any'],
  [-4n, 'stream_exists'],
]);

/** States of soft-deleted and tombstoned streams in the consistency violations of a conditional append. */
const DELETED_STATES: readonly unknown[] = [-5n, -6n];
/** gRPC's number for what the server does not know how to do. */
const UNIMPLEMENTED = 12;

/**
 * The one place where errors of the client become errors of the domain. The client's messages name hosts, ports and rpcs: they
 * go on as `cause`, for the log, never as message.
 */
export function translateClientError(thrown: unknown, operation: Operation): DomainError {
  const { streamName } = operation;
  if (thrown instanceof DomainError) return thrown;
  // Where the client asks for the server's features, it lets errors of gRPC through as they are.
  const error = thrown instanceof Error ? convertToCommandError(thrown) : thrown;
  const stream = streamName ?? streamNamed(error) ?? '$all';
  if (error instanceof ClientStreamNotFoundError || error instanceof NoStreamError)
    return new StreamNotFoundError(stream, error);
  if (error instanceof ClientStreamDeletedError || error instanceof StreamTombstonedError)
    return new StreamDeletedError(stream, error);
  if (error instanceof WrongExpectedVersionError) {
    return new WrongExpectedRevisionError(
      stream,
      revisionOrState(error.expectedState),
      currentRevision(error.actualState),
      error,
    );
  }
  if (error instanceof AppendConsistencyViolationError) return violationOf(error, stream);
  if (error instanceof MaxAppendSizeExceededError)
    return new EventTooLargeError(stream, MAX_APPEND_BYTES + 1, error.maxAppendSize, error);
  if (error instanceof TransactionMaxSizeExceededError || error instanceof AppendRecordSizeExceededError)
    return new EventTooLargeError(stream, error.size, error.maxSize, error);
  const about = streamName === undefined ? {} : { streamName };
  const doing = describeOperation(operation);
  if (error instanceof AccessDeniedError) {
    return new PermissionError(
      `KurrentDB does not let this service do it while ${doing}; check the user of KURRENTDB_CONNECTION_STRING and the stream's $acl`,
      { ...about, cause: error },
    );
  }
  if (error instanceof DeadlineExceededError || error instanceof ClientTimeoutError) {
    return new TimeoutError(
      `KurrentDB did not answer in time while ${doing}; it may still have been done, so retry with the same event ids`,
      { ...about, cause: error },
    );
  }
  if (error instanceof UnsupportedError)
    return new UnsupportedByStoreError(
      `The KurrentDB in use cannot do it while ${doing}: it needs version ${error.minimumVersion} or later`,
      { ...about, cause: error },
    );
  if (error instanceof Error && 'code' in error && error.code === UNIMPLEMENTED)
    return new UnsupportedByStoreError(`The KurrentDB in use cannot do it while ${doing}: it needs a later version`, {
      ...about,
      cause: error,
    });
  if (error instanceof InvalidArgumentError)
    return new ValidationError(`KurrentDB refused the request while ${doing}: ${error.message}`, {
      ...about,
      cause: error,
    });
  if (error instanceof UnavailableError || error instanceof CancelledError || error instanceof NotLeaderError) {
    return new ConnectionError(`KurrentDB cannot be reached while ${doing}; retry in a moment`, {
      ...about,
      cause: error,
    });
  }
  return new ConnectionError(`KurrentDB failed while ${doing}; retry in a moment`, { ...about, cause: error });
}

/** The first of the demands that did not hold. */
function violationOf(error: AppendConsistencyViolationError, stream: string): DomainError {
  const [first] = error.violations;
  if (first && DELETED_STATES.includes(first.actualState)) return new StreamDeletedError(first.streamName, error);
  return new WrongExpectedRevisionError(
    first?.streamName ?? stream,
    revisionOrState(first?.expectedState),
    currentRevision(first?.actualState),
    error,
  );
}

/** Several streams were written to at once: the error says which one it was. */
function streamNamed(error: unknown): string | undefined {
  if (error instanceof StreamTombstonedError) return error.stream;
  return error instanceof Error && 'streamName' in error && typeof error.streamName === 'string'
    ? error.streamName
    : undefined;
}

function revisionOrState(value: unknown): RevisionOrState | undefined {
  if (typeof value === 'bigint') return STATES.get(value) ?? value;
  return value === 'any' || value === 'no_stream' || value === 'stream_exists' ? value : undefined;
}

function currentRevision(value: unknown): bigint | 'no_stream' | undefined {
  const current = revisionOrState(value);
  return current === 'any' || current === 'stream_exists' ? undefined : current;
}
