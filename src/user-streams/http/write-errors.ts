/** Errors of every write to a user stream, for `ApiErrors`. */
export const WRITE_ERRORS = [
  'validation-error',
  'authentication-error',
  'permission-error',
  'wrong-expected-revision',
  'connection-error',
  'timeout',
] as const;

/** Errors of a write with data, for `ApiErrors`. */
export const DATA_WRITE_ERRORS = [
  'validation-error',
  'authentication-error',
  'permission-error',
  'quota-exceeded',
  'stream-deleted',
  'event-too-large',
  'unsupported-media-type',
  'connection-error',
  'timeout',
] as const;
