import { HttpException, HttpStatus } from '@nestjs/common';
import { isOutOfDescriptors, systemCodeOf } from '../../common/error-code.js';
import { DomainError, ValidationError, type ValidationIssue } from '../../event-store/domain/index.js';
import { type ErrorBody } from './error-body.js';

/** HTTP representation of an error, without the request id. */
export interface ErrorMapping extends Omit<ErrorBody, 'requestId' | 'type'> {
  readonly type: ErrorTypeName;
  readonly status: number;
  readonly retryAfterSeconds?: number;
  /** What is wrong with a request that is not valid. */
  readonly issues?: readonly ValidationIssue[];
}

/** RFC 9110, 15.5.22; not among the statuses of Nest. */
const UPGRADE_REQUIRED = 426;

interface ErrorType {
  readonly status: number;
  /** Description in the API documentation. */
  readonly meaning: string;
  readonly retryAfterSeconds?: number;
}

/** All error types that the API returns: those of the domain and those of HTTP itself. */
export const ERROR_TYPES = {
  'stream-not-found': { status: HttpStatus.NOT_FOUND, meaning: 'The stream does not exist' },
  'stream-deleted': { status: HttpStatus.GONE, meaning: 'The stream has been deleted' },
  'stream-already-exists': { status: HttpStatus.CONFLICT, meaning: 'The stream already exists' },
  'precondition-failed': {
    status: HttpStatus.PRECONDITION_FAILED,
    meaning: 'The condition in If-Match or If-None-Match is not met',
  },
  'wrong-expected-revision': { status: HttpStatus.CONFLICT, meaning: 'The stream is not at the expected revision' },
  'validation-error': { status: HttpStatus.BAD_REQUEST, meaning: 'The request is not valid' },
  'event-too-large': { status: HttpStatus.PAYLOAD_TOO_LARGE, meaning: 'The events or the request body are too large' },
  'authentication-error': { status: HttpStatus.UNAUTHORIZED, meaning: 'Authentication is required or has failed' },
  'permission-error': { status: HttpStatus.FORBIDDEN, meaning: 'The caller lacks the permission for this operation' },
  'rate-limited': {
    status: HttpStatus.TOO_MANY_REQUESTS,
    meaning: 'Too many requests; wait for the seconds in Retry-After',
  },
  'quota-exceeded': {
    status: HttpStatus.FORBIDDEN,
    meaning: 'The quota of streams or of data of the user is exhausted',
  },
  'connection-error': {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    meaning: 'KurrentDB is unreachable; wait for the seconds in Retry-After',
    retryAfterSeconds: 5,
  },
  'out-of-resources': {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    meaning: 'This replica lacks file descriptors; wait for the seconds in Retry-After',
    retryAfterSeconds: 1,
  },
  'insufficient-storage': {
    status: HttpStatus.INSUFFICIENT_STORAGE,
    meaning: 'The disk is full: nothing was written, reading continues; retry when there is room',
  },
  timeout: { status: HttpStatus.GATEWAY_TIMEOUT, meaning: 'KurrentDB did not respond in time' },
  'not-found': { status: HttpStatus.NOT_FOUND, meaning: 'The route or resource does not exist' },
  'method-not-allowed': {
    status: HttpStatus.METHOD_NOT_ALLOWED,
    meaning: 'The path does not know the method; Allow lists those that it knows',
  },
  'not-acceptable': { status: HttpStatus.NOT_ACCEPTABLE, meaning: 'Accept excludes what the route responds with' },
  'upgrade-required': { status: UPGRADE_REQUIRED, meaning: 'The path speaks WebSocket only' },
  'unsupported-media-type': {
    status: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
    meaning: 'The media type or encoding of the body is not supported',
  },
  'internal-error': {
    status: HttpStatus.INTERNAL_SERVER_ERROR,
    meaning: 'Internal error of the service; logged under the request id',
  },
} as const satisfies Record<string, ErrorType>;

export type ErrorTypeName = keyof typeof ERROR_TYPES;

/** Name of an error in its body, such as `StreamNotFoundError` for `stream-not-found`. */
export function errorNameOf(type: ErrorTypeName): string {
  const words = type.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('').replace(/Error$/, '')}Error`;
}

/** For 429 responses whose `Retry-After` the rate limit has not set. */
export const DEFAULT_RETRY_AFTER_SECONDS = 60;

/** Maps any thrown value. Internal details never reach the client: unknown errors become `internal-error`. */
export function errorMappingOf(error: unknown): ErrorMapping {
  if (error instanceof DomainError)
    return isErrorTypeName(error.type)
      ? { ...mappingFor(error.type, error.message, error), ...issuesOf(error) }
      : internalError();
  if (isOutOfDescriptors(error))
    return mappingFor('out-of-resources', 'This replica cannot open files or connections now; retry in a moment');
  // Nest wraps an error that has a status, whatever its message says.
  if (error instanceof HttpException && !(error.cause instanceof Error))
    return ofStatus(error.getStatus(), error.message);
  return ofBodyParser(error instanceof HttpException ? error.cause : error) ?? internalError();
}

function issuesOf(error: DomainError): Pick<ErrorMapping, 'issues'> {
  return error instanceof ValidationError && error.issues.length > 0 ? { issues: error.issues } : {};
}

function mappingFor(
  type: ErrorTypeName,
  message: string,
  { streamName, details }: Partial<Pick<DomainError, 'streamName' | 'details'>> = {},
): ErrorMapping {
  const { meaning: _, ...rest } = ERROR_TYPES[type];
  return {
    ...rest,
    error: errorNameOf(type),
    message,
    ...(streamName === undefined ? {} : { streamName }),
    type,
    ...(details === undefined ? {} : { details }),
  };
}

function internalError(): ErrorMapping {
  return mappingFor('internal-error', 'Internal error of the service; report the request id');
}

function ofStatus(status: number, message: string): ErrorMapping {
  if (status === 404) return mappingFor('not-found', message);
  if (status === 413) return mappingFor('event-too-large', message);
  if (status === 415) return mappingFor('unsupported-media-type', message);
  if (status >= 400 && status < 500) return mappingFor('validation-error', message);
  return internalError();
}

/** Errors of the body parser whose own message is for the client (https://github.com/expressjs/body-parser#errors). */
const SHOWN_BODY_ERRORS: readonly unknown[] = [
  'charset.unsupported',
  'encoding.unsupported',
  'request.aborted',
  'request.size.invalid',
];

/**
 * Client errors of Express and its body parser. A status alone does not make a message one for the client: the body
 * parser gives 400 to whatever goes wrong while it reads, and Nest passes the message on.
 */
function ofBodyParser(error: unknown): ErrorMapping | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  const type = 'type' in error ? error.type : undefined;
  if (type === 'entity.parse.failed') return mappingFor('validation-error', 'The request body is not valid JSON');
  if (type === 'entity.too.large') return mappingFor('event-too-large', 'The request body is too large');
  if (SHOWN_BODY_ERRORS.includes(type)) return ofStatus(error.status, error.message);
  if (systemCodeOf(error)?.startsWith('Z_'))
    return mappingFor('validation-error', 'The request body cannot be decompressed');
  return error instanceof URIError && error.status === 400
    ? mappingFor('validation-error', 'The URL contains an invalid percent-encoding')
    : undefined;
}

function isErrorTypeName(type: string): type is ErrorTypeName {
  return Object.hasOwn(ERROR_TYPES, type);
}
