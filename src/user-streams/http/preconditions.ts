import { applyDecorators, createParamDecorator, type ExecutionContext, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { type Request } from 'express';
import { type IncomingMessage } from 'node:http';
import { parseRevision } from '../../common/revision.js';
import { ValidationError } from '../../event-store/index.js';
import {
  ApiErrorsOf,
  ApiIdempotencyKey,
  authenticatedCallerOf,
  idempotencyKeyOf,
  requestIdOf,
} from '../../http/index.js';
import { type WriteRequest } from '../application/index.js';
import { type Precondition } from '../domain/index.js';
import { FailedPreconditionInterceptor } from './failed-precondition.js';
import { keyOf } from './user-stream.params.js';

/** Options of a write, from the request headers. */
export type Preconditions = Pick<WriteRequest, 'precondition' | 'idempotencyKey' | 'requestId'>;

/** Errors of every write to a user stream, for `ApiErrors`. */
export const WRITE_ERRORS = [
  'validation-error',
  'authentication-error',
  'permission-error',
  'wrong-expected-revision',
  'connection-error',
  'insufficient-storage',
  'timeout',
] as const;

/** Of a write with data. */
export const DATA_WRITE_ERRORS = [
  'validation-error',
  'authentication-error',
  'permission-error',
  'quota-exceeded',
  'stream-deleted',
  'event-too-large',
  'unsupported-media-type',
  'connection-error',
  'insufficient-storage',
  'timeout',
] as const;

/** A revision as an entity tag; proxies that compress make it weak (`W/`). */
const REVISION_TAG = /^(?:W\/)?"(\d{1,19})"$|^(\d{1,19})$/;

export const RequestPreconditions = createParamDecorator((_: unknown, context: ExecutionContext) =>
  preconditionsOf(context.switchToHttp().getRequest<IncomingMessage>()),
);

/** Injects the {@link WriteRequest} of the request's path, caller and headers. */
export const StreamWrite = createParamDecorator((_: unknown, context: ExecutionContext): WriteRequest => {
  const request = context.switchToHttp().getRequest<Request>();
  return { key: keyOf(request.params), caller: authenticatedCallerOf(request), ...preconditionsOf(request) };
});

function preconditionsOf(request: IncomingMessage): Preconditions {
  return {
    precondition: preconditionOf(request.headers),
    idempotencyKey: idempotencyKeyOf(request.headers),
    requestId: requestIdOf(request),
  };
}

/** Documents the headers that {@link Preconditions} come from. */
export function ApiPreconditions({ ifNoneMatch = false }: { readonly ifNoneMatch?: boolean } = {}): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description:
        'Required current revision of the stream, from its ETag, or `*`: the stream must exist. ' +
        'Otherwise 412 with the current revision',
      example: '"4"',
    }),
    ...(ifNoneMatch
      ? [
          ApiHeader({
            name: 'If-None-Match',
            required: false,
            description: '`*`: the stream must not exist yet. Otherwise 412 with the current revision',
            example: '*',
          }),
        ]
      : []),
    ApiIdempotencyKey(),
    UseInterceptors(FailedPreconditionInterceptor),
    ApiErrorsOf('precondition-failed'),
  );
}

/** {@link ApiPreconditions} of the revision of the metadata, for a route without idempotency. */
export function ApiMetadataPrecondition(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Required revision of the metadata, from its ETag. Otherwise 412 with the current revision',
      example: '"0"',
    }),
    UseInterceptors(FailedPreconditionInterceptor),
    ApiErrorsOf('precondition-failed'),
  );
}

/** @throws ValidationError */
export function preconditionOf({
  'if-match': match,
  'if-none-match': noneMatch,
}: IncomingMessage['headers']): Precondition {
  if (match !== undefined && noneMatch !== undefined)
    throw invalidHeader('If-Match', 'cannot be combined with If-None-Match');
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== '*')
      throw invalidHeader('If-None-Match', 'must be *, which requires that the stream does not exist');
    return { kind: 'absent' };
  }
  if (match === undefined) return { kind: 'none' };
  return match.trim() === '*' ? { kind: 'exists' } : { kind: 'revision', revision: revisionOf(match) };
}

/** The revision in `If-Match`, where `*` is not allowed; undefined without the header. @throws ValidationError */
export function requestedRevision({ 'if-match': match }: IncomingMessage['headers']): bigint | undefined {
  return match === undefined ? undefined : revisionOf(match);
}

export const entityTag = (revision: number | bigint): string => `"${revision}"`;

function revisionOf(match: string): bigint {
  const [, quoted, plain] = REVISION_TAG.exec(match.trim()) ?? [];
  const revision = parseRevision(quoted ?? plain ?? '');
  if (revision === undefined) throw invalidHeader('If-Match', 'must be the ETag of one revision, such as "4"');
  return revision;
}

function invalidHeader(header: string, problem: string): ValidationError {
  return new ValidationError(`The request is not valid: ${header} ${problem}`, {
    issues: [{ path: header, problem }],
  });
}
