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
  InsufficientStorageError,
  MAX_APPEND_BYTES,
  PermissionError,
  type RevisionOrState,
  StoreCredentialsError,
  StreamDeletedError,
  DomainError,
  StreamNotFoundError,
  TimeoutError,
  UnsupportedByStoreError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../domain/index.js';

/** Description of an operation for error messages. */
export interface Operation {
  /** Participle, such as `reading` or `appending to`. */
  readonly name: string;
  readonly streamName?: string;
}

export function describeOperation({ name, streamName }: Operation): string {
  return streamName === undefined ? name : `${name} stream '${streamName}'`;
}

/**
 * Error of an operation that exceeds its time limit. The client's own deadlines cover neither batch appends, which wait
 * forever for their response, nor native reads, which have no deadline.
 */
export function lateResponseError(operation: Operation, timeoutMs: number): TimeoutError {
  const { streamName } = operation;
  return new TimeoutError(
    `KurrentDB did not respond within ${timeoutMs} ms while ${describeOperation(operation)}; ${MAY_BE_DONE}`,
    streamName === undefined ? {} : { streamName },
  );
}

const MAY_BE_DONE = 'the operation may have been executed, so retry with the same event ids';

/** Expected versions in the trailers of a failed delete. */
const STATES: ReadonlyMap<bigint, RevisionOrState> = new Map([
  [-1n, 'no_stream'],
  [-2n, 'any'],
  [-4n, 'stream_exists'],
]);

/**
 * Beginning of the message with which the embedded server rejects a write: its status does not reach through the
 * client.
 */
const NO_SPACE = 'No space left on device';

/** States of soft-deleted and tombstoned streams in the consistency violations of a conditional append. */
const DELETED_STATES: readonly unknown[] = [-5n, -6n];
/** Numbers of gRPC status codes. */
const status = { PERMISSION_DENIED: 7, UNIMPLEMENTED: 12, DATA_LOSS: 15, UNAUTHENTICATED: 16 } as const;

/**
 * Translates errors of the client into errors of the domain. The client's messages contain hosts, ports and RPC names,
 * so they are kept as `cause` for the log and never become the message.
 */
export function translateClientError(thrown: unknown, operation: Operation): DomainError {
  const { streamName } = operation;
  if (thrown instanceof DomainError) return thrown;
  // While it requests the server's features, the client throws untranslated gRPC errors.
  const error = thrown instanceof Error ? convertToCommandError(thrown) : thrown;
  const stream = streamName ?? streamOfError(error) ?? '$all';
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
  const options = { ...(streamName === undefined ? {} : { streamName }), cause: error };
  const description = describeOperation(operation);
  const code = codeOf(error);
  if (code === status.UNAUTHENTICATED)
    return new StoreCredentialsError(
      `KurrentDB rejected the credentials while ${description}; ` +
        'check the user and the password of KURRENTDB_CONNECTION_STRING',
      options,
    );
  if (error instanceof AccessDeniedError || code === status.PERMISSION_DENIED) {
    return new PermissionError(
      `KurrentDB denied access while ${description}; ` +
        "check the user of KURRENTDB_CONNECTION_STRING and the stream's $acl",
      options,
    );
  }
  if (error instanceof DeadlineExceededError || error instanceof ClientTimeoutError) {
    return new TimeoutError(`KurrentDB did not respond in time while ${description}; ${MAY_BE_DONE}`, options);
  }
  if (error instanceof UnsupportedError)
    return new UnsupportedByStoreError(
      `The KurrentDB in use does not support ${description}; version ${error.minimumVersion} or later is required`,
      options,
    );
  if (code === status.UNIMPLEMENTED)
    return new UnsupportedByStoreError(
      `The KurrentDB in use does not support ${description}; a later version is required`,
      options,
    );
  if (error instanceof InvalidArgumentError)
    return new ValidationError(`KurrentDB rejected the request while ${description}: ${error.message}`, options);
  if (error instanceof Error && error.message.includes(NO_SPACE))
    return new InsufficientStorageError(
      `The disk of KurrentDB is full while ${description}; nothing was written, so retry when there is room`,
      options,
    );
  if (error instanceof UnavailableError || error instanceof CancelledError || error instanceof NotLeaderError) {
    return new ConnectionError(`KurrentDB cannot be reached while ${description}; retry in a moment`, options);
  }
  if (code === status.DATA_LOSS)
    return new ConnectionError(
      `KurrentDB found damaged data while ${description}; 'npm run streams -- store verify' lists the damage`,
      options,
    );
  return new ConnectionError(`KurrentDB failed while ${description}; retry in a moment`, options);
}

/** Status code of an error of gRPC; errors of native reads have none. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Whether the server rejected user and password, and not only the operation. */
export function areCredentialsRejected(error: unknown): boolean {
  return codeOf(error) === status.UNAUTHENTICATED;
}

/** Error of the first failed check. */
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

/** Stream of an error of a write to several streams. */
function streamOfError(error: unknown): string | undefined {
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
