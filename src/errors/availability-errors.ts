import { DomainError } from './domain-error.js';

/** The store cannot be reached. */
export class ConnectionError extends DomainError {
  readonly type = 'connection-error';
}

/** No response within the time limit; the operation may have been executed. */
export class TimeoutError extends DomainError {
  readonly type = 'timeout';
}
