/** Injection token of the `EventStore` port: what application code asks for. */
export const EVENT_STORE = Symbol('EVENT_STORE');
/** Injection token of the `KurrentDBClient` in use, for what the port does not offer. */
export const KURRENTDB_CLIENT = Symbol('KURRENTDB_CLIENT');
/** Injection token of the `Clock`. */
export const CLOCK = Symbol('CLOCK');
/** Injection token of the `RandomString` that ids are made with. */
export const RANDOM_STRING = Symbol('RANDOM_STRING');
