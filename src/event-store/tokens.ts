/** Injection token of the `EventStore` port. */
export const EVENT_STORE = Symbol('EVENT_STORE');
/** Injection token of the `KurrentDBClient`, for operations outside the port. */
export const KURRENTDB_CLIENT = Symbol('KURRENTDB_CLIENT');
/** Injection token of the `Clock`. */
export const CLOCK = Symbol('CLOCK');
/** Injection token of the `RandomString` for ids. */
export const RANDOM_STRING = Symbol('RANDOM_STRING');

/** How a command treats the name spaces ({@link NameSpacesUse}); a service claims them, for as long as that takes. */
export const NAME_SPACES_USE = Symbol('NAME_SPACES_USE');

/**
 * `claim-once`: the command fails if that fails; `leave`: it writes to no stream in them, or decides on those found.
 */
export type NameSpacesUse = 'claim-once' | 'leave';
