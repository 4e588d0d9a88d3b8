import { ValidationError } from './errors.js';

/** One thing that is wrong with a request, as it stands in an error's `details.mistakes`. */
export interface ValidationIssue {
  /** Where in the request, such as `limit` or `items.0.name`. */
  readonly path: string;
  readonly problem: string;
}

/** More are not told: nobody reads them, and an answer must not grow with what was sent. */
export const MAX_ISSUES = 20;

/** The error for a request that cannot be accepted; the first {@link MAX_ISSUES} are told. */
export function invalidRequestError(mistakes: readonly ValidationIssue[]): ValidationError {
  const told = mistakes.slice(0, MAX_ISSUES);
  const more = mistakes.length > told.length ? '; and more' : '';
  return new ValidationError(
    `The request is not valid: ${told.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}${more}`,
    { details: { mistakes: told } },
  );
}
