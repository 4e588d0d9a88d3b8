import { DomainError } from './domain-error.js';

/** Missing or invalid credentials. */
export class AuthenticationError extends DomainError {
  readonly type = 'authentication-error';
}

/** Valid credentials without the required permission. */
export class PermissionError extends DomainError {
  readonly type = 'permission-error';
}

/** Too many requests at once; the caller may retry later. */
export class RateLimitedError extends DomainError {
  readonly type = 'rate-limited';
}
