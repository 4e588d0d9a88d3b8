import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { idempotencyKeyOf, requestIdOf } from '../../http/index.js';
import { type RecordRequest } from '../application/index.js';

/** What a request that writes says in its headers. */
export type RecordConditions = Pick<RecordRequest, 'idempotencyKey' | 'requestId'>;

/** Injects the {@link RecordConditions}. @throws ValidationError */
export const Conditions = createParamDecorator((_: unknown, context: ExecutionContext): RecordConditions => {
  const request = context.switchToHttp().getRequest<IncomingMessage>();
  return { idempotencyKey: idempotencyKeyOf(request.headers), requestId: requestIdOf(request) };
});
