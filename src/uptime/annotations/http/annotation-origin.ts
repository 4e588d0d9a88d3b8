import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { authenticatedCallerOf, idempotencyKeyOf, requestIdOf } from '../../../http/index.js';
import { type AnnotationRequest } from '../application/annotation-ids.js';

/** Errors of every write, for `ApiErrors`. */
export const ANNOTATION_WRITE_ERRORS = [
  'validation-error',
  'stream-not-found',
  'stream-deleted',
  'wrong-expected-revision',
  'connection-error',
  'insufficient-storage',
  'timeout',
] as const;

export type AnnotationOrigin = Omit<AnnotationRequest, 'service'>;

/** Injects the {@link AnnotationOrigin} of the request. @throws ValidationError */
export const RequestOrigin = createParamDecorator((_: unknown, context: ExecutionContext): AnnotationOrigin => {
  const request = context.switchToHttp().getRequest<IncomingMessage>();
  return {
    caller: authenticatedCallerOf(request),
    idempotencyKey: idempotencyKeyOf(request.headers),
    requestId: requestIdOf(request),
  };
});
