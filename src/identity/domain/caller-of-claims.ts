import { isPrintable } from '../../common/text.js';
import { isPlainObject } from '../../common/plain-object.js';
import {
  API_KEY_PREFIX,
  AuthenticationError,
  EVERYONE,
  type AuthenticatedCaller,
  type Role,
  ROLES,
} from '../../event-store/domain/index.js';

export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimNames {
  readonly userClaim: string;
  /** An array of strings or a space-separated string. Dots separate the names of nested objects. */
  readonly rolesClaim: string;
}

const MAX_ID_LENGTH = 256;
/** Largest time of a Date; later expiries are limited to it. */
const LAST_INSTANT_MS = 8_640_000_000_000_000;
/** Invisible characters, such as the zero-width space, could make two ids look the same. */
const INVISIBLE = /\p{Cf}/u;

/**
 * @param claims of a token whose signature, issuer, audience and times are valid; `exp` is in seconds since 1970
 * @throws AuthenticationError for a missing, invalid or reserved user id, and without `exp`
 */
export function callerOfClaims(claims: Claims, { userClaim, rolesClaim }: ClaimNames): AuthenticatedCaller {
  const id = Object.hasOwn(claims, userClaim) ? claims[userClaim] : undefined;
  if (typeof id !== 'string' || !isPrintableId(id)) {
    throw new AuthenticationError(
      `The token's claim '${userClaim}' must be the user's id: a string of 1 to ${MAX_ID_LENGTH} printable ` +
        'characters without leading or trailing spaces. Have the issuer set it, or name another claim in AUTH_USER_CLAIM',
    );
  }
  if (isReservedId(id))
    throw new AuthenticationError(
      `'${id}' cannot be a user's id: it is reserved in stream permissions. Use a token with another '${userClaim}'`,
    );
  const { exp } = claims;
  if (typeof exp !== 'number') throw new AuthenticationError('The token has no expiry (exp); get one that expires');
  return {
    kind: 'known',
    id,
    roles: rolesOf(claimAt(claims, rolesClaim)),
    expiresAt: Math.min(exp * 1_000, LAST_INSTANT_MS),
  };
}

function isPrintableId(id: string): boolean {
  return id !== '' && id.length <= MAX_ID_LENGTH && id.trim() === id && isPrintable(id) && !INVISIBLE.test(id);
}

/** Whether stream permissions or KurrentDB's `$acl` interpret the id as a role, as everyone or as an API key. */
function isReservedId(id: string): boolean {
  return id === EVERYONE || id.startsWith(API_KEY_PREFIX) || id.startsWith('$') || ROLES.some((role) => role === id);
}

/** The claim with exactly this name (some issuers use URLs, which contain dots), else the nested member at the path. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (!isPlainObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Ignores roles that this service does not define. */
function rolesOf(claim: unknown): ReadonlySet<Role> {
  const claimed: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return new Set<Role>(['user', ...ROLES.filter((role) => claimed.includes(role))]);
}
