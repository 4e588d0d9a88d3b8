/** Injection token of the `EventStore` port. */
export const EVENT_STORE = Symbol('EVENT_STORE');
/** Injection token of the `KurrentDBClient`, for operations outside the port. */
export const KURRENTDB_CLIENT = Symbol('KURRENTDB_CLIENT');
/** Injection token of the `Clock`. */
export const CLOCK = Symbol('CLOCK');
/** Injection token of the `RandomString` for ids. */
export const RANDOM_STRING = Symbol('RANDOM_STRING');
