import { jwtVerify, type JWTVerifyOptions } from 'jose';
import { type Clock, type AuthenticatedCaller, DomainError } from '../../event-store/domain/index.js';
import { callerOfClaims, type ClaimNames } from '../domain/index.js';
import { remoteJwks, type JwksOptions } from './jwks.js';
import { refusalOf } from './token-errors.js';
import { type TokenKeys } from './token-keys.js';
import { TokenCache } from './token-cache.js';

/** Never mixed: a public key must not pass for a shared secret (RFC 8725, 2.1). `none` is in neither list. */
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
/** Clocks may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TokenVerifierOptions extends JwksOptions {
  readonly claims: ClaimNames;
  readonly clock: Clock;
}

/** Tells who holds a bearer token (JWT), after having checked its signature, issuer, audience and times. */
export class TokenVerifier {
  readonly #verified: TokenCache;
  readonly #verify: (token: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly #options: JWTVerifyOptions & { readonly algorithms: string[] };

  constructor(
    private readonly keys: TokenKeys,
    private readonly settings: TokenVerifierOptions,
  ) {
    const { issuer, audience } = keys;
    this.#verified = new TokenCache(settings.clock);
    this.#options = {
      algorithms: keys.kind === 'published' ? ASYMMETRIC : SYMMETRIC,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
    if (keys.kind === 'published') {
      const find = remoteJwks(keys.url, settings.clock, settings);
      this.#verify = async (token) => (await jwtVerify(token, find, this.#currentOptions())).payload;
    } else {
      this.#verify = async (token) => (await jwtVerify(token, keys.secret, this.#currentOptions())).payload;
    }
  }

  /**
   * Who holds the token; at once where it was verified a moment ago.
   *
   * @throws AuthenticationError (the promise rejects) with what to do about it; ConnectionError where the issuer's keys cannot be had
   */
  verify(token: string): AuthenticatedCaller | Promise<AuthenticatedCaller> {
    return this.#verified.get(token) ?? this.#verifyAnew(token);
  }

  async #verifyAnew(token: string): Promise<AuthenticatedCaller> {
    const caller = callerOfClaims(await this.#claimsOf(token), this.settings.claims);
    this.#verified.add(token, caller);
    return caller;
  }

  async #claimsOf(token: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.#verify(token);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw refusalOf(error, {
        algorithms: this.#options.algorithms,
        issuer: this.keys.issuer,
        audience: this.keys.audience,
      });
    }
  }

  #currentOptions(): JWTVerifyOptions {
    return { ...this.#options, currentDate: new Date(this.settings.clock.now()) };
  }
}
