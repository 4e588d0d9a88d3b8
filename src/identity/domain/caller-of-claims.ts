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

/** Claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/** Where a token tells what this service asks. */
export interface ClaimNames {
  /** Claim that holds the user's id. */
  readonly userClaim: string;
  /** Claim that holds the roles: a list of texts, or one with blanks between them. Dots lead into objects. */
  readonly rolesClaim: string;
}

const MAX_ID_LENGTH = 256;
/** The last instant that a Date can hold; what ends later does not end. */
const LAST_INSTANT_MS = 8_640_000_000_000_000;
// Control and format characters, line and paragraph separators, lone surrogates.
/** Invisible characters, such as the zero-width space, could make two ids look the same. */
const INVISIBLE = /\p{Cf}/u;

/**
 * Who holds a token.
 *
 * @param claims of a token whose signature, issuer, audience and times are in order, `exp` in seconds since 1970 included
 * @throws AuthenticationError for a token that names nobody, or one whose name would mean something else in permissions
 */
export function callerOfClaims(claims: Claims, { userClaim, rolesClaim }: ClaimNames): AuthenticatedCaller {
  const id = Object.hasOwn(claims, userClaim) ? claims[userClaim] : undefined;
  if (typeof id !== 'string' || !isPrintableId(id)) {
    throw new AuthenticationError(
      `The token's claim '${userClaim}' must hold the user's id: a text of 1 to ${MAX_ID_LENGTH} printable characters, without blanks at its ends. Have the issuer set it, or name another claim in AUTH_USER_CLAIM`,
    );
  }
  if (isReservedId(id))
    throw new AuthenticationError(
      `'${id}' cannot be a user's id: in the permissions of streams it means something else. Use a token with another '${userClaim}'`,
    );
  const { exp } = claims;
  if (typeof exp !== 'number')
    throw new AuthenticationError('The token does not say when it ends (exp); get one that does');
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

/** Names that a stream's permissions, or KurrentDB's `$acl`, read as a role, as everyone, or as an API key. */
function isReservedId(id: string): boolean {
  return id === EVERYONE || id.startsWith(API_KEY_PREFIX) || id.startsWith('$') || ROLES.some((role) => role === id);
}

/** The claim of that name (some issuers name theirs by a URL, with dots), or else what the dots lead to. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (!isPlainObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Issuers have many roles; those that mean nothing here are passed over. */
function rolesOf(claim: unknown): ReadonlySet<Role> {
  const named: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return new Set<Role>(['user', ...ROLES.filter((role) => named.includes(role))]);
}
