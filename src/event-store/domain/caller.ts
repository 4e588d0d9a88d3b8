/** `system`: services of the operator; `admin`: operators; `user`: every authenticated caller. */
export const ROLES = ['system', 'admin', 'user'] as const;
export type Role = (typeof ROLES)[number];

/** Source of a request. */
export type Caller = Anonymous | AuthenticatedCaller;

/** Unauthenticated. */
export interface Anonymous {
  readonly kind: 'anonymous';
}

export interface AuthenticatedCaller {
  readonly kind: 'known';
  /** The user's id, or `key:{name}` for an API key; listed in the permissions of streams. */
  readonly id: string;
  readonly roles: ReadonlySet<Role>;
  /** Expiry of the credential in milliseconds since 1970; absent if it does not expire. */
  readonly expiresAt?: number;
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous' };

/** Entry of permissions for all callers, unauthenticated ones included. */
export const EVERYONE = '*';

/** Entries of permissions that amount to everyone: without credentials, or with any. */
export const NAMES_OF_EVERYONE: readonly string[] = [EVERYONE, 'user' satisfies Role];

/** Prefix of the ids of API keys in permissions; no user id starts with it. */
export const API_KEY_PREFIX = 'key:';

/** Caller id or `anonymous`, for logs. */
export function nameOf(caller: Caller): string {
  return caller.kind === 'known' ? caller.id : 'anonymous';
}

export function hasRole(caller: Caller, ...roles: readonly Role[]): boolean {
  return caller.kind === 'known' && roles.some((role) => caller.roles.has(role));
}
