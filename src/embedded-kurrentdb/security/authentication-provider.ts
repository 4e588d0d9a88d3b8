import { LRUCache } from 'lru-cache';
import { type HashQueue } from './hash-queue.js';
import { type Credentials, matchesFastHash, matchesSlowHash, slowHashOf } from './passwords.js';
import { ANONYMOUS_PRINCIPAL, type Principal, SYSTEM_PRINCIPAL, userPrincipal } from '../log/principal.js';
import { type User, type Users } from './users.js';

/**
 * Authenticates an `authorization` header from the connection of a peer; undefined if the credentials are wrong. A
 * promise only if a password must be hashed slowly; it rejects with GrpcError UNAVAILABLE if too many are waiting.
 */
export interface AuthenticationProvider {
  authenticate(authorization: string | undefined, peer: string): Principal | undefined | Promise<Principal | undefined>;
}

/** For an insecure server: every caller is the system principal. */
export const allowAll: AuthenticationProvider = { authenticate: () => SYSTEM_PRINCIPAL };

/** Verified headers in the cache: hashing a password deliberately takes tens of milliseconds. */
const MAX_CACHED_HEADERS = 1000;

/** HTTP basic authentication against the table of users. A malformed header counts as anonymous. */
export class InternalAuthenticationProvider implements AuthenticationProvider {
  readonly #verified = new LRUCache<string, Principal>({ max: MAX_CACHED_HEADERS });
  readonly #pending = new Map<string, Promise<Principal | undefined>>();
  #generation = 0;

  constructor(
    private readonly users: Users,
    private readonly hashes: HashQueue,
  ) {
    users.onChange(() => {
      this.#generation++;
      this.#verified.clear();
      this.#pending.clear();
    });
  }

  authenticate(
    authorization: string | undefined,
    peer: string,
  ): Principal | undefined | Promise<Principal | undefined> {
    if (authorization === undefined) return ANONYMOUS_PRINCIPAL;
    const cached = this.#verified.get(authorization) ?? this.#pending.get(authorization);
    if (cached !== undefined) return cached;
    const credentials = parseBasic(authorization);
    if (credentials === undefined) return ANONYMOUS_PRINCIPAL;
    const user = this.users.get(credentials.loginName);
    const enabled = user?.disabled === false ? user : undefined;
    if (enabled !== undefined && matchesFastHash(credentials.password, enabled.password))
      return this.#accept(authorization, enabled);
    const verification = this.#verifySlowly(authorization, credentials, enabled, peer);
    this.#pending.set(authorization, verification);
    const removePending = (): void => {
      if (this.#pending.get(authorization) === verification) this.#pending.delete(authorization);
    };
    verification.then(removePending, removePending);
    return verification;
  }

  /** Takes the same time whether the user exists, is disabled or has a generated password: a guess learns nothing of it. */
  async #verifySlowly(
    authorization: string,
    { password }: Credentials,
    user: User | undefined,
    peer: string,
  ): Promise<Principal | undefined> {
    const generation = this.#generation;
    const stored = slowHashOf(user?.password);
    const isRight = await this.hashes.verify(peer, () => matchesSlowHash(password, stored));
    if (!isRight || user === undefined) return undefined;
    return generation === this.#generation
      ? this.#accept(authorization, user)
      : userPrincipal(user.loginName, user.groups);
  }

  #accept(authorization: string, user: User): Principal {
    const principal = userPrincipal(user.loginName, user.groups);
    this.#verified.set(authorization, principal);
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
