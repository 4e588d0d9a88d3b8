/// <reference lib="es2024.string" />
import { type Request } from 'express';
import { type ValidationIssue } from '../../errors/index.js';
import { type ErrorBody, type ProblemBody, type ProblemIssue } from './error-body.js';
import { type ErrorTypeName, ERROR_TYPES } from './error-mapping.js';

/** Media type of RFC 9457. */
export const PROBLEM_JSON = 'application/problem+json';

const NAMED = /\bapplication\/problem\+json\b/i;
/** Characters of a pointer. A member with a longer one is reported at the place that contains it. */
const MAX_POINTER_LENGTH = 1_000;

/** Whether a client asks for errors as problem details: by name, for a wildcard is content with any. */
export function wantsProblem(request: Pick<Request, 'accepts' | 'headers'>): boolean {
  return NAMED.test(request.headers.accept ?? '') && request.accepts(PROBLEM_JSON) !== false;
}

/** Problem details of an error, with the members of its documented body but `type`. */
export function problemOf(
  { type, ...body }: ErrorBody & { readonly type: ErrorTypeName },
  status: number,
  issues: readonly ValidationIssue[] = [],
): ProblemBody {
  return {
    type: problemTypeOf(type),
    title: ERROR_TYPES[type].meaning,
    status,
    detail: body.message,
    instance: `urn:request:${body.requestId}`,
    ...(issues.length === 0 ? {} : { errors: issues.map(toProblemIssue) }),
    ...body,
  };
}

/** URI of an error type. */
export function problemTypeOf(type: ErrorTypeName): string {
  return `urn:problem-type:penguin-pool-streams:${type}`;
}

function toProblemIssue({ path, problem, segments }: ValidationIssue): ProblemIssue {
  return { detail: problem, ...(segments ? { pointer: pointerTo(segments) } : { parameter: path }) };
}

/** A JSON pointer as a URI fragment (RFC 6901, 6). */
function pointerTo(segments: readonly (string | number)[]): string {
  let pointer = '#';
  for (const segment of segments) {
    const text = String(segment);
    if (pointer.length + text.length >= MAX_POINTER_LENGTH) return pointer;
    const step = encodeURIComponent(text.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
    if (pointer.length + step.length >= MAX_POINTER_LENGTH) return pointer;
    pointer += `/${step}`;
  }
  return pointer;
}
