import { ApiHeader } from '@nestjs/swagger';
import { type IncomingMessage } from 'node:http';
import { validationError } from '../event-store/domain/index.js';

const VALID_KEY = /^[\x21-\x7e]{1,255}$/;

/** Set to `true` on the response to a request that had already been processed. */
export const REPLAYED_HEADER = 'Idempotency-Replayed';

/** @throws ValidationError */
export function idempotencyKeyOf({ 'idempotency-key': key }: IncomingMessage['headers']): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !VALID_KEY.test(key))
    throw validationError([
      {
        path: 'Idempotency-Key',
        problem: 'must be one string of 1 to 255 printable ASCII characters without spaces, such as a UUID',
      },
    ]);
  return key;
}

export function ApiIdempotencyKey(): MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Makes the request safe to retry: a request with the same key is processed once, and returns the same response',
    example: '7d4d3f0c-6f1b-4f7e-9a35-0f6a3a1c2b7e',
  });
}
