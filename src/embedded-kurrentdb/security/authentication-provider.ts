import { verifyPassword } from './passwords.js';
import { ANONYMOUS_PRINCIPAL, type Principal, SYSTEM_PRINCIPAL, userPrincipal } from '../log/principal.js';
import { type Users } from './users.js';

/** Tells who is calling from the `authorization` header; undefined: the credentials are wrong. A promise only where a password must be hashed. */
export interface AuthenticationProvider {
  authenticate(authorization: string | undefined): Principal | undefined | Promise<Principal | undefined>;
}

/** For a server without security: everyone may do everything. */
export const allowAll: AuthenticationProvider = { authenticate: () => SYSTEM_PRINCIPAL };

/** Verified headers that are remembered: hashing a password takes tens of milliseconds, on purpose. */
const MAX_CACHED_HEADERS = 1000;

/** Hashes that may run or wait at once; more callers with unknown credentials are refused rather than queued without bound. */
const MAX_PENDING = 256;

/** HTTP basic authentication against the table of users. A malformed header counts as none. */
export class InternalAuthenticationProvider implements AuthenticationProvider {
  readonly #verified = new Map<string, Principal>();
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
    const known = this.#verified.get(authorization) ?? this.#pending.get(authorization);
    if (known !== undefined) return known;
    const credentials = parseBasic(authorization);
    if (credentials === undefined) return ANONYMOUS_PRINCIPAL;
    if (this.#pending.size >= MAX_PENDING) return undefined;
    const verification = this.#verify(authorization, credentials);
    this.#pending.set(authorization, verification);
    const forget = (): void => {
      if (this.#pending.get(authorization) === verification) this.#pending.delete(authorization);
    };
    verification.then(forget, forget);
    return verification;
  }

  async #verify(authorization: string, { loginName, password }: Credentials): Promise<Principal | undefined> {
    const generation = this.#generation;
    const user = this.users.get(loginName);
    if (user === undefined || user.disabled || !(await verifyPassword(password, user.password))) return undefined;
    const principal = userPrincipal(user.loginName, user.groups);
    if (generation === this.#generation) this.#addToCache(authorization, principal);
    return principal;
  }

  #addToCache(authorization: string, principal: Principal): void {
    this.#verified.set(authorization, principal);
    if (this.#verified.size <= MAX_CACHED_HEADERS) return;
    const oldest = this.#verified.keys().next();
    if (oldest.done !== true) this.#verified.delete(oldest.value);
  }
}

interface Credentials {
  readonly loginName: string;
  readonly password: string;
}

function parseBasic(authorization: string): Credentials | undefined {
  const match = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization);
  if (match?.[1] === undefined) return undefined;
  const text = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { loginName: text.slice(0, colon), password: text.slice(colon + 1) };
}
