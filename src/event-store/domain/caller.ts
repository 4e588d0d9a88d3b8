/** What a caller may be beside being a user: `system` is a service of ours, `admin` a person who runs it. Every caller is a `user`. */
export const ROLES = ['system', 'admin', 'user'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks, as far as it was proved. */
export type Caller = Anonymous | AuthenticatedCaller;

/** Nobody in particular: no proof was shown. */
export interface Anonymous {
  readonly kind: 'anonymous';
}

export interface AuthenticatedCaller {
  readonly kind: 'known';
  /** The user's id, or `key:{name}` for an API key; the name that stands in a stream's permissions. */
  readonly id: string;
  readonly roles: ReadonlySet<Role>;
  /** When the proof ends, in milliseconds since 1970; absent where it does not. */
  readonly expiresAt?: number;
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous' };

/** Stands in permissions for everyone, known or not. */
export const EVERYONE = '*';

/** What API keys are called in permissions; no user's id begins so. */
export const API_KEY_PREFIX = 'key:';

/** The id of a known caller, or `anonymous`; for logs. */
export function nameOf(caller: Caller): string {
  return caller.kind === 'known' ? caller.id : 'anonymous';
}

export function hasRole(caller: Caller, ...roles: readonly Role[]): boolean {
  return caller.kind === 'known' && roles.some((role) => caller.roles.has(role));
}
