import {
  BadRequestException,
  HttpException,
  ImATeapotException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import {
  AuthenticationError,
  ConnectionError,
  EventTooLargeError,
  InsufficientStorageError,
  PermissionError,
  RateLimitedError,
  StreamAlreadyExistsError,
  StreamDeletedError,
  DomainError,
  StreamNotFoundError,
  TimeoutError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import { ERROR_TYPES, errorMappingOf } from './error-mapping.js';
import {
  MethodNotAllowedError,
  NotAcceptableError,
  PreconditionFailedError,
  UpgradeRequiredError,
} from './http-errors.js';

const coded = (code: string, path = '/secrets'): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code, errno: -1, path });

/** As the body parser passes on whatever goes wrong while it reads. */
const ofBodyParser = (error: Error, type?: string): Error => Object.assign(error, { status: 400, expose: true, type });

const wrappedByNest = (error: Error): Error => new HttpException(error.message, 400, { cause: error });

describe('errorMappingOf', () => {
  it.each([
    [new StreamNotFoundError('s'), 404, 'StreamNotFoundError', 'stream-not-found'],
    [new StreamDeletedError('s'), 410, 'StreamDeletedError', 'stream-deleted'],
    [new StreamAlreadyExistsError('s'), 409, 'StreamAlreadyExistsError', 'stream-already-exists'],
    [new WrongExpectedRevisionError('s', 1n, 2n), 409, 'WrongExpectedRevisionError', 'wrong-expected-revision'],
    [new MethodNotAllowedError('PUT', ['GET']), 405, 'MethodNotAllowedError', 'method-not-allowed'],
    [new NotAcceptableError([]), 406, 'NotAcceptableError', 'not-acceptable'],
    [new UpgradeRequiredError('websocket'), 426, 'UpgradeRequiredError', 'upgrade-required'],
    [new PreconditionFailedError('m', {}), 412, 'PreconditionFailedError', 'precondition-failed'],
    [new ValidationError('m'), 400, 'ValidationError', 'validation-error'],
    [new EventTooLargeError('s', 2_000_000), 413, 'EventTooLargeError', 'event-too-large'],
    [new AuthenticationError('m'), 401, 'AuthenticationError', 'authentication-error'],
    [new PermissionError('m'), 403, 'PermissionError', 'permission-error'],
    [new RateLimitedError('m'), 429, 'RateLimitedError', 'rate-limited'],
    [new ConnectionError('m'), 503, 'ConnectionError', 'connection-error'],
    [new InsufficientStorageError('m'), 507, 'InsufficientStorageError', 'insufficient-storage'],
    [new TimeoutError('m'), 504, 'TimeoutError', 'timeout'],
    [new NotFoundException('m'), 404, 'NotFoundError', 'not-found'],
    [new BadRequestException('m'), 400, 'ValidationError', 'validation-error'],
    [new ImATeapotException('m'), 400, 'ValidationError', 'validation-error'],
    [coded('EMFILE'), 503, 'OutOfResourcesError', 'out-of-resources'],
    [new Error('wrapped', { cause: coded('ENFILE') }), 503, 'OutOfResourcesError', 'out-of-resources'],
    [wrappedByNest(ofBodyParser(coded('EMFILE'))), 503, 'OutOfResourcesError', 'out-of-resources'],
    [wrappedByNest(ofBodyParser(new Error('m'), 'entity.too.large')), 413, 'EventTooLargeError', 'event-too-large'],
    [ofBodyParser(coded('EMFILE')), 503, 'OutOfResourcesError', 'out-of-resources'],
    [ofBodyParser(coded('Z_DATA_ERROR')), 400, 'ValidationError', 'validation-error'],
    [ofBodyParser(new Error('m'), 'entity.parse.failed'), 400, 'ValidationError', 'validation-error'],
    [ofBodyParser(new Error('m'), 'request.aborted'), 400, 'ValidationError', 'validation-error'],
    [ofBodyParser(new URIError('m')), 400, 'ValidationError', 'validation-error'],
  ])('maps %p to %i %s', (thrown, status, error, type) => {
    expect(errorMappingOf(thrown)).toMatchObject({ status, error, type });
  });

  it('includes the stream and the details of the error', () => {
    expect(errorMappingOf(new WrongExpectedRevisionError('orders', 1n, 2n))).toMatchObject({
      streamName: 'orders',
      details: { expectedRevision: 1, currentRevision: 2 },
    });
    expect(errorMappingOf(new WrongExpectedRevisionError('orders', 'no_stream', 'no_stream')).details).toEqual({
      expectedRevision: 'no_stream',
      currentRevision: 'no_stream',
    });
  });

  it('returns Retry-After when the store is unreachable', () => {
    expect(errorMappingOf(new ConnectionError('m')).retryAfterSeconds).toBeGreaterThan(0);
  });

  it.each([
    [new Error('password=hunter2')],
    [new InternalServerErrorException('select * from secrets')],
    ['a string'],
    [ofBodyParser(new Error('Cannot find module /secrets/index.js'))],
    [wrappedByNest(ofBodyParser(new Error('Cannot find module /secrets/index.js')))],
    [ofBodyParser(coded('EACCES', '/secrets/index.js'))],
    [undefined],
    [
      new (class UnknownError extends DomainError {
        readonly type = 'hidden';
      })('password=hunter2'),
    ],
  ])('reveals nothing about %p', (thrown) => {
    const mapping = errorMappingOf(thrown);
    expect(mapping).toMatchObject({ status: 500, error: 'InternalError', type: 'internal-error' });
    expect(JSON.stringify(mapping)).not.toMatch(/hunter2|secrets/);
  });

  it('gives every error type an HTTP error status and a meaning', () => {
    for (const { status, meaning } of Object.values(ERROR_TYPES)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(meaning).not.toBe('');
    }
  });
});
