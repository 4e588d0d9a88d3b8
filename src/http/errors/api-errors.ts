import { applyDecorators } from '@nestjs/common';
import { ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { EXAMPLE_REQUEST_ID } from './error-body.js';
import { ERROR_TYPES, errorNameOf, type ErrorTypeName } from './error-mapping.js';
import { PROBLEM_JSON } from './problem.js';

/** Errors that every route may return. */
const COMMON_ERRORS: readonly ErrorTypeName[] = [
  'not-acceptable',
  'rate-limited',
  'out-of-resources',
  'internal-error',
];

export const STREAM_READ_ERRORS = [
  'validation-error',
  'authentication-error',
  'stream-not-found',
  'stream-deleted',
  'connection-error',
] as const satisfies readonly ErrorTypeName[];

/** Documents the errors that a route returns, with examples of their bodies; adds the errors common to all routes. */
export function ApiErrors(...types: readonly ErrorTypeName[]): MethodDecorator & ClassDecorator {
  return ApiErrorsOf(...types, ...COMMON_ERRORS);
}

/** {@link ApiErrors} without the errors common to all routes. */
export function ApiErrorsOf(...types: readonly ErrorTypeName[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, ErrorTypeName[]>();
  for (const type of types) {
    const { status } = ERROR_TYPES[type];
    byStatus.set(status, [...(byStatus.get(status) ?? []), type]);
  }
  return applyDecorators(...[...byStatus].map(([status, names]) => ApiResponse(responseFor(status, names))));
}

function responseFor(status: number, names: readonly ErrorTypeName[]): Parameters<typeof ApiResponse>[0] {
  const examples = Object.fromEntries(
    names.map((type) => {
      const { meaning } = ERROR_TYPES[type];
      const value = { error: errorNameOf(type), message: meaning, type, requestId: EXAMPLE_REQUEST_ID };
      return [type, { summary: meaning, value }];
    }),
  );
  return {
    status,
    description: names.map((type) => ERROR_TYPES[type].meaning).join('; '),
    content: {
      'application/json': { schema: { $ref: getSchemaPath('ErrorBody') }, examples },
      [PROBLEM_JSON]: { schema: { $ref: getSchemaPath('ProblemBody') } },
    },
  };
}
