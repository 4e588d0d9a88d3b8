import { DomainError } from './domain-error.js';

/** Entry of `details.mistakes` in the error body. */
export interface ValidationIssue {
  /** Place in the request, such as `limit` or `items.0.name`. */
  readonly path: string;
  readonly problem: string;
}

/** Further issues are omitted: the size of an error body must not depend on the size of the request. */
export const MAX_ISSUES = 20;

export class ValidationError extends DomainError {
  readonly type = 'validation-error';
}

/** Error with the first {@link MAX_ISSUES} issues in its message and in `details.mistakes`. */
export function validationError(issues: readonly ValidationIssue[]): ValidationError {
  const reported = issues.slice(0, MAX_ISSUES);
  const more = issues.length > reported.length ? '; and more' : '';
  return new ValidationError(
    `The request is not valid: ${reported.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}${more}`,
    { details: { mistakes: reported } },
  );
}
