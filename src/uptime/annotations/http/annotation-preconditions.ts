import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { idempotencyKeyOf, requestIdOf } from '../../../http/index.js';
import { type AnnotationRequest } from '../application/annotation-ids.js';

/** Errors of every write, for `ApiErrors`. */
export const ANNOTATION_WRITE_ERRORS = [
  'validation-error',
  'stream-not-found',
  'stream-deleted',
  'wrong-expected-revision',
  'connection-error',
  'timeout',
] as const;

/** Headers of a write request. */
export type AnnotationPreconditions = Pick<AnnotationRequest, 'idempotencyKey' | 'requestId'>;

/** Injects the {@link AnnotationPreconditions}. @throws ValidationError */
export const RequestPreconditions = createParamDecorator(
  (_: unknown, context: ExecutionContext): AnnotationPreconditions => {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    return { idempotencyKey: idempotencyKeyOf(request.headers), requestId: requestIdOf(request) };
  },
);
