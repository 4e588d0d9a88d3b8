import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';
import { authenticatedCallerOf, idempotencyKeyOf, requestIdOf } from '../../../http/index.js';
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

/** Injects the {@link AnnotationRequest} of the request's path, caller and headers. @throws ValidationError */
export const AnnotationWrite = createParamDecorator((_: unknown, context: ExecutionContext): AnnotationRequest => {
  const request = context.switchToHttp().getRequest<Request>();
  return {
    caller: authenticatedCallerOf(request),
    service: String(request.params.name),
    idempotencyKey: idempotencyKeyOf(request.headers),
    requestId: requestIdOf(request),
  };
});
