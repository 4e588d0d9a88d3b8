import { ApiHeader } from '@nestjs/swagger';
import { type IncomingMessage } from 'node:http';
import { validationError } from '../event-store/domain/index.js';

const FORM = /^[\x21-\x7e]{1,255}$/;

/** Says that the same request had been carried out before. */
export const REPLAYED_HEADER = 'Idempotency-Replayed';

/** The key with which a request may be repeated; undefined where it has none. @throws ValidationError */
export function idempotencyKeyOf({ 'idempotency-key': key }: IncomingMessage['headers']): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !FORM.test(key))
    throw validationError([
      {
        path: 'Idempotency-Key',
        problem: 'must be one text of 1 to 255 printable ASCII characters without blanks, such as a UUID',
      },
    ]);
  return key;
}

/** Documents the header that {@link idempotencyKeyOf} reads. */
export function ApiIdempotencyKey(): MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Makes the request harmless to repeat: sent again with the same key, it is not carried out again, and answered as it was',
    example: '7d4d3f0c-6f1b-4f7e-9a35-0f6a3a1c2b7e',
  });
}
