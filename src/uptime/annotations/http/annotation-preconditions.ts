import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { idempotencyKeyOf, requestIdOf } from '../../../http/index.js';
import { type AnnotationRequest } from '../application/annotation-ids.js';

/** Headers of a write request. */
export type AnnotationPreconditions = Pick<AnnotationRequest, 'idempotencyKey' | 'requestId'>;

/** Injects the {@link AnnotationPreconditions}. @throws ValidationError */
export const RequestPreconditions = createParamDecorator(
  (_: unknown, context: ExecutionContext): AnnotationPreconditions => {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    return { idempotencyKey: idempotencyKeyOf(request.headers), requestId: requestIdOf(request) };
  },
);
