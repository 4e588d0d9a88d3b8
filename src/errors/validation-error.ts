import { DomainError, type DomainErrorOptions } from './domain-error.js';

export interface ValidationIssue {
  /** Place in the request, such as `limit` or `items.0.name`. */
  readonly path: string;
  readonly problem: string;
  /** Place in the request body, from its root: names and indexes. Absent for parameters and headers. */
  readonly segments?: readonly (string | number)[];
}

export interface ValidationErrorOptions extends DomainErrorOptions {
  readonly issues?: readonly ValidationIssue[];
}

/** Further issues are omitted: the size of an error body must not depend on the size of the request. */
export const MAX_ISSUES = 20;

export class ValidationError extends DomainError {
  readonly type = 'validation-error';
  readonly issues: readonly ValidationIssue[];

  /** The issues are in `details.mistakes` by path and problem. */
  constructor(message: string, { issues = [], ...options }: ValidationErrorOptions = {}) {
    const mistakes = issues.map(({ path, problem }) => ({ path, problem }));
    super(message, mistakes.length === 0 ? options : { ...options, details: { ...options.details, mistakes } });
    this.issues = issues;
  }
}

/** An issue of a member of the request body whose path is made of plain names and indexes. */
export function bodyIssue(path: string, problem: string): ValidationIssue {
  return { path, problem, segments: path.split('.') };
}

/** Error with the first {@link MAX_ISSUES} issues in its message and in `details.mistakes`. */
export function validationError(issues: readonly ValidationIssue[]): ValidationError {
  const reported = issues.slice(0, MAX_ISSUES);
  const more = issues.length > reported.length ? '; and more' : '';
  return new ValidationError(
    `The request is not valid: ${reported.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}${more}`,
    { issues: reported },
  );
}
