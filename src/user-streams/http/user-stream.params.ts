import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { type Request } from 'express';
import {
  DEFAULT_CATEGORY,
  isUserStreamType,
  USER_STREAM_TYPES,
  userStream,
  ValidationError,
} from '../../event-store/index.js';
import { type UserStreamKey } from '../domain/index.js';

/** Injects the {@link UserStreamKey} of the request path. @throws ValidationError */
export const StreamKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  keyOf(context.switchToHttp().getRequest<Request>().params),
);

/** Injects the user id of the request path. @throws ValidationError */
export const UserId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { userId } = context.switchToHttp().getRequest<Request>().params;
  return keyOf({ userId, type: USER_STREAM_TYPES[0] }).userId;
});

export function ApiStreamKey(): MethodDecorator & ClassDecorator {
  return applyDecorators(ApiUserId(), ApiParam({ name: 'type', enum: USER_STREAM_TYPES, example: 'profile' }));
}

export function ApiCategory(): MethodDecorator & ClassDecorator {
  return ApiParam({
    name: 'category',
    example: DEFAULT_CATEGORY,
    description: `\`${DEFAULT_CATEGORY}\` for the stream without category`,
  });
}

export function ApiUserId(): MethodDecorator & ClassDecorator {
  return ApiParam({ name: 'userId', example: 'alice' });
}

/** @throws ValidationError that names each invalid part */
export function keyOf({ userId, type, category = DEFAULT_CATEGORY }: Readonly<Record<string, unknown>>): UserStreamKey {
  if (typeof type !== 'string' || !isUserStreamType(type)) {
    throw new ValidationError(`The request is not valid: type must be one of ${USER_STREAM_TYPES.join(', ')}`, {
      issues: [{ path: 'type', problem: `must be one of ${USER_STREAM_TYPES.join(', ')}` }],
    });
  }
  const key = { userId: String(userId), type, category: String(category) };
  // Throws for parts that are invalid in a stream name.
  userStream(key.userId, key.type, key.category);
  return key;
}
