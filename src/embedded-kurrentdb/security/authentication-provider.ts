import { LRUCache } from 'lru-cache';
import { type Credentials, verifyPassword } from './passwords.js';
import { ANONYMOUS_PRINCIPAL, type Principal, SYSTEM_PRINCIPAL, userPrincipal } from '../log/principal.js';
import { type Users } from './users.js';

/**
 * Authenticates an `authorization` header; undefined if the credentials are wrong. A promise only if a password must be
 * hashed.
 */
export interface AuthenticationProvider {
  authenticate(authorization: string | undefined): Principal | undefined | Promise<Principal | undefined>;
}

/** For an insecure server: every caller is the system principal. */
export const allowAll: AuthenticationProvider = { authenticate: () => SYSTEM_PRINCIPAL };

/** Verified headers in the cache: hashing a password deliberately takes tens of milliseconds. */
const MAX_CACHED_HEADERS = 1000;

/** Limit of pending password hashes; further unverified credentials are rejected rather than queued without bound. */
const MAX_PENDING = 256;

/** HTTP basic authentication against the table of users. A malformed header counts as anonymous. */
export class InternalAuthenticationProvider implements AuthenticationProvider {
  readonly #verified = new LRUCache<string, Principal>({ max: MAX_CACHED_HEADERS });
  readonly #pending = new Map<string, Promise<Principal | undefined>>();
  #generation = 0;

  constructor(private readonly users: Users) {
    users.onChange(() => {
      this.#generation++;
      this.#verified.clear();
      this.#pending.clear();
    });
  }

  authenticate(authorization: string | undefined): Principal | undefined | Promise<Principal | undefined> {
    if (authorization === undefined) return ANONYMOUS_PRINCIPAL;
    const cached = this.#verified.get(authorization) ?? this.#pending.get(authorization);
    if (cached !== undefined) return cached;
    const credentials = parseBasic(authorization);
    if (credentials === undefined) return ANONYMOUS_PRINCIPAL;
    if (this.#pending.size >= MAX_PENDING) return undefined;
    const verification = this.#verify(authorization, credentials);
    this.#pending.set(authorization, verification);
    const removePending = (): void => {
      if (this.#pending.get(authorization) === verification) this.#pending.delete(authorization);
    };
    verification.then(removePending, removePending);
    return verification;
  }

  async #verify(authorization: string, { loginName, password }: Credentials): Promise<Principal | undefined> {
    const generation = this.#generation;
    const user = this.users.get(loginName);
    if (user === undefined || user.disabled || !(await verifyPassword(password, user.password))) return undefined;
    const principal = userPrincipal(user.loginName, user.groups);
    if (generation === this.#generation) this.#verified.set(authorization, principal);
    return principal;
  }
}

function parseBasic(authorization: string): Credentials | undefined {
  const match = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization);
  if (match?.[1] === undefined) return undefined;
  const userPass = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = userPass.indexOf(':');
  return colon < 0 ? undefined : { loginName: userPass.slice(0, colon), password: userPass.slice(colon + 1) };
}
