import { jwtVerify, type JWTVerifyOptions } from 'jose';
import {
  type Clock,
  type AuthenticatedCaller,
  AuthenticationError,
  DomainError,
} from '../../event-store/domain/index.js';
import { callerOfClaims, type ClaimNames } from '../domain/index.js';
import { remoteJwks, type JwksOptions } from './jwks.js';
import { messageFor } from './token-errors.js';
import { type TokenKeys } from './token-keys.js';
import { TokenCache } from './token-cache.js';

/**
 * Separate from SYMMETRIC, so that a public key is never used as a shared secret (RFC 8725, 2.1). Neither contains
 * `none`.
 */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TokenVerifierOptions extends JwksOptions {
  readonly claims: ClaimNames;
  readonly clock: Clock;
}

/** Verifies signature, issuer, audience and times of bearer tokens (JWT), and caches the result. */
export class TokenVerifier {
  readonly #cache: TokenCache;
  readonly #verify: (token: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly #options: JWTVerifyOptions & { readonly algorithms: string[] };

  constructor(
    private readonly keys: TokenKeys,
    private readonly settings: TokenVerifierOptions,
  ) {
    const { issuer, audience } = keys;
    this.#cache = new TokenCache(settings.clock);
    this.#options = {
      algorithms: keys.kind === 'published' ? ASYMMETRIC : SYMMETRIC,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
    if (keys.kind === 'published') {
      const findKey = remoteJwks(keys.url, settings.clock, settings);
      this.#verify = async (token) => (await jwtVerify(token, findKey, this.#currentOptions())).payload;
    } else {
      this.#verify = async (token) => (await jwtVerify(token, keys.secret, this.#currentOptions())).payload;
    }
  }

  /**
   * Returns the caller; synchronous for a cached token.
   *
   * @throws AuthenticationError (the promise rejects) with a remedy; ConnectionError if the issuer's keys cannot be
   *   fetched
   */
  verify(token: string): AuthenticatedCaller | Promise<AuthenticatedCaller> {
    return this.#cache.get(token) ?? this.#verifyAndCache(token);
  }

  async #verifyAndCache(token: string): Promise<AuthenticatedCaller> {
    const caller = callerOfClaims(await this.#claimsOf(token), this.settings.claims);
    this.#cache.add(token, caller);
    return caller;
  }

  async #claimsOf(token: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.#verify(token);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new AuthenticationError(messageFor(error, this.keys, this.#options.algorithms), { cause: error });
    }
  }

  #currentOptions(): JWTVerifyOptions {
    return { ...this.#options, currentDate: new Date(this.settings.clock.now()) };
  }
}
