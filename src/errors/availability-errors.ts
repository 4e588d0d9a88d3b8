import { DomainError } from './domain-error.js';

/** The store cannot be reached. */
export class ConnectionError extends DomainError {
  readonly type = 'connection-error';
}

/** There is no room for a write on the disk of the store or of this service; reading continues. */
export class InsufficientStorageError extends DomainError {
  readonly type = 'insufficient-storage';
}

/** No response within the time limit; the operation may have been executed. */
export class TimeoutError extends DomainError {
  readonly type = 'timeout';
}
