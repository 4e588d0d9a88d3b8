import { applyDecorators } from '@nestjs/common';
import { ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEM_TYPES, type ProblemTypeName } from './problems.js';

/** What any route may answer. */
const EVERYWHERE: readonly ProblemTypeName[] = ['rate-limited', 'internal-error'];

/** Documents the errors a route answers, each with an example of its body; those that any route may answer come by themselves. */
export function ApiErrors(...types: readonly ProblemTypeName[]): MethodDecorator & ClassDecorator {
  return ApiErrorsOf(...types, ...EVERYWHERE);
}

/** {@link ApiErrors} without those of every route. */
export function ApiErrorsOf(...types: readonly ProblemTypeName[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, ProblemTypeName[]>();
  for (const type of types) {
    const { status } = PROBLEM_TYPES[type];
    byStatus.set(status, [...(byStatus.get(status) ?? []), type]);
  }
  return applyDecorators(...[...byStatus].map(([status, names]) => ApiResponse(responseFor(status, names))));
}

function responseFor(status: number, names: readonly ProblemTypeName[]): Parameters<typeof ApiResponse>[0] {
  const examples = Object.fromEntries(
    names.map((type) => {
      const { error, meaning } = PROBLEM_TYPES[type];
      return [
        type,
        {
          summary: meaning,
          value: { error, message: meaning, type, requestId: '0f6d3c1e-9a2b-4a44-8d55-0c2f5c1f4a11' },
        },
      ];
    }),
  );
  return {
    status,
    description: names.map((type) => PROBLEM_TYPES[type].meaning).join('; '),
    content: { 'application/json': { schema: { $ref: getSchemaPath('ErrorBody') }, examples } },
  };
}
