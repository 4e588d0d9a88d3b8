import {
  BadRequestException,
  ImATeapotException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import { ThrottlerException } from '@nestjs/throttler';
import {
  AuthenticationError,
  ConnectionError,
  EventTooLargeError,
  InsufficientStorageError,
  PermissionError,
  StreamAlreadyExistsError,
  StreamDeletedError,
  DomainError,
  StreamNotFoundError,
  TimeoutError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import { ERROR_TYPES, errorMappingOf } from './error-mapping.js';

describe('errorMappingOf', () => {
  it.each([
    [new StreamNotFoundError('s'), 404, 'StreamNotFoundError', 'stream-not-found'],
    [new StreamDeletedError('s'), 410, 'StreamDeletedError', 'stream-deleted'],
    [new StreamAlreadyExistsError('s'), 409, 'StreamAlreadyExistsError', 'stream-already-exists'],
    [new WrongExpectedRevisionError('s', 1n, 2n), 409, 'WrongExpectedRevisionError', 'wrong-expected-revision'],
    [new ValidationError('m'), 400, 'ValidationError', 'validation-error'],
    [new EventTooLargeError('s', 2_000_000), 413, 'EventTooLargeError', 'event-too-large'],
    [new AuthenticationError('m'), 401, 'AuthenticationError', 'authentication-error'],
    [new PermissionError('m'), 403, 'PermissionError', 'permission-error'],
    [new ThrottlerException(), 429, 'RateLimitedError', 'rate-limited'],
    [new ConnectionError('m'), 503, 'ConnectionError', 'connection-error'],
    [new InsufficientStorageError('m'), 507, 'InsufficientStorageError', 'insufficient-storage'],
    [new TimeoutError('m'), 504, 'TimeoutError', 'timeout'],
    [new NotFoundException('m'), 404, 'NotFoundError', 'not-found'],
    [new BadRequestException('m'), 400, 'ValidationError', 'validation-error'],
    [new ImATeapotException('m'), 400, 'ValidationError', 'validation-error'],
  ])('maps %p to %i %s', (thrown, status, error, type) => {
    expect(errorMappingOf(thrown)).toMatchObject({ status, error, type });
  });

  it('includes the stream and the details of the error', () => {
    expect(errorMappingOf(new WrongExpectedRevisionError('orders', 1n, 2n))).toMatchObject({
      streamName: 'orders',
      details: { expectedRevision: '1', currentRevision: '2' },
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
