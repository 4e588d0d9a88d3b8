import { HttpException, HttpStatus } from '@nestjs/common';
import { ThrottlerException } from '@nestjs/throttler';
import { DomainError } from '../../event-store/domain/index.js';

/** An error as it is told to the client, without the request's id. */
export interface ErrorMapping {
  readonly status: number;
  readonly error: string;
  readonly type: string;
  readonly message: string;
  readonly streamName?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which it makes sense to try again. */
  readonly retryAfterSeconds?: number;
}

interface ProblemType {
  readonly status: HttpStatus;
  readonly error: string;
  /** What it means, for the API documentation. */
  readonly meaning: string;
  readonly retryAfterSeconds?: number;
}

/** Every type of error that a client may meet, with its status: the table of DESIGN, "Errors", and what only HTTP knows. */
export const ERROR_TYPES = {
  'stream-not-found': {
    status: HttpStatus.NOT_FOUND,
    error: 'StreamNotFoundError',
    meaning: 'There is no such stream',
  },
  'stream-deleted': { status: HttpStatus.GONE, error: 'StreamDeletedError', meaning: 'The stream has been deleted' },
  'stream-already-exists': {
    status: HttpStatus.CONFLICT,
    error: 'StreamAlreadyExistsError',
    meaning: 'The stream exists already',
  },
  'wrong-expected-revision': {
    status: HttpStatus.CONFLICT,
    error: 'WrongExpectedRevisionError',
    meaning: 'The stream is at another revision than expected',
  },
  'validation-error': { status: HttpStatus.BAD_REQUEST, error: 'ValidationError', meaning: 'The request is not valid' },
  'event-too-large': {
    status: HttpStatus.PAYLOAD_TOO_LARGE,
    error: 'EventTooLargeError',
    meaning: 'The events or the request body are too large',
  },
  'authentication-error': {
    status: HttpStatus.UNAUTHORIZED,
    error: 'AuthenticationError',
    meaning: 'The caller is not known',
  },
  'permission-error': { status: HttpStatus.FORBIDDEN, error: 'PermissionError', meaning: 'The caller may not do this' },
  'rate-limited': {
    status: HttpStatus.TOO_MANY_REQUESTS,
    error: 'RateLimitedError',
    meaning: 'Too many requests; Retry-After says when to come back',
  },
  'quota-exceeded': {
    status: HttpStatus.FORBIDDEN,
    error: 'QuotaExceededError',
    meaning: 'The user has as many streams, or as much data, as allowed',
  },
  'connection-error': {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    error: 'ConnectionError',
    meaning: 'KurrentDB cannot be reached; Retry-After says when to try again',
    retryAfterSeconds: 5,
  },
  timeout: { status: HttpStatus.GATEWAY_TIMEOUT, error: 'TimeoutError', meaning: 'KurrentDB did not answer in time' },
  'not-found': { status: HttpStatus.NOT_FOUND, error: 'NotFoundError', meaning: 'There is no such route or resource' },
  'unsupported-media-type': {
    status: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
    error: 'UnsupportedMediaTypeError',
    meaning: 'The body is of a type or encoding that is not read',
  },
  'internal-error': {
    status: HttpStatus.INTERNAL_SERVER_ERROR,
    error: 'InternalError',
    meaning: 'A fault of this service; the log has it under the request id',
  },
} as const satisfies Record<string, ProblemType>;

export type ErrorTypeName = keyof typeof ERROR_TYPES;

/** Seconds for which the throttler keeps a client out, found in the header that its guard has set. */
export const DEFAULT_RETRY_AFTER_SECONDS = 60;

/** KeyedMutex whatever was thrown into what the client may know. Nothing internal leaks: unknown errors are `internal-error`. */
export function errorMappingOf(error: unknown): ErrorMapping {
  if (error instanceof DomainError) return ofStreamError(error);
  if (error instanceof ThrottlerException) return problem('rate-limited', error.message);
  if (error instanceof HttpException) return ofStatus(error.getStatus(), error.message);
  return (
    ofBodyParser(error) ?? problem('internal-error', 'Something went wrong inside the service; report the request id')
  );
}

function problem(type: ErrorTypeName, message: string): ErrorMapping {
  const { status, error, ...rest }: ProblemType = ERROR_TYPES[type];
  return {
    status,
    error,
    type,
    message,
    ...(rest.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: rest.retryAfterSeconds }),
  };
}

function ofStreamError({ type, message, streamName, details }: DomainError): ErrorMapping {
  if (!isProblemType(type))
    return problem('internal-error', 'Something went wrong inside the service; report the request id');
  return {
    ...problem(type, message),
    ...(streamName === undefined ? {} : { streamName }),
    ...(details === undefined ? {} : { details }),
  };
}

function ofStatus(status: number, message: string): ErrorMapping {
  if (status === 404) return problem('not-found', message);
  if (status === 413) return problem('event-too-large', message);
  if (status === 415) return problem('unsupported-media-type', message);
  if (status >= 400 && status < 500) return problem('validation-error', message);
  return problem('internal-error', 'Something went wrong inside the service; report the request id');
}

/** Errors of express and its body parser carry a status and say whether their message may be shown (`expose`, http-errors). */
function ofBodyParser(error: unknown): ErrorMapping | undefined {
  if (
    !(error instanceof Error) ||
    !('status' in error) ||
    typeof error.status !== 'number' ||
    error.status < 400 ||
    error.status >= 500
  )
    return undefined;
  const type = 'type' in error ? error.type : undefined;
  if (type === 'entity.parse.failed') return problem('validation-error', 'The request body is not valid JSON');
  if (type === 'entity.too.large') return problem('event-too-large', 'The request body is too large');
  return ofStatus(error.status, error instanceof URIError ? 'The URL holds a broken percent-encoding' : error.message);
}

function isProblemType(type: string): type is ErrorTypeName {
  return Object.hasOwn(ERROR_TYPES, type);
}
