import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose';
import { type Clock, ConnectionError } from '../../event-store/domain/index.js';

export interface JwksOptions {
  /** How long a request for the keys may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** An unknown key makes them be asked for again, but only so long after the last time, in milliseconds. */
  readonly cooldownMs?: number;
}

const TIMEOUT_MS = 3_000;
const COOLDOWN_MS = 30_000;
/** After so long they are asked for again in any case, so that a key that the issuer withdrew is not accepted for ever. */
const MAX_AGE_MS = 600_000;
/** An issuer that did not answer is left alone for so long: bad tokens must not make this service hammer on it. */
const RETRY_AFTER_MS = 2_000;

/** What is wrong with the token, as opposed to the issuer's keys. */
const FAULTS_OF_THE_TOKEN = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The issuer's key for a token: fetched when first needed, kept, and fetched again for a key that is not among them (jose's
 * `createRemoteJWKSet`; requests at one time share one fetch). What it throws for a token that names no key of the issuer are jose's
 * errors; an issuer that cannot be asked is a ConnectionError, for then nobody can say that the token is bad.
 */
export function remoteJwks(
  url: string,
  clock: Pick<Clock, 'monotonic'>,
  { timeoutMs = TIMEOUT_MS, cooldownMs = COOLDOWN_MS }: JwksOptions = {},
): JWTVerifyGetKey {
  let notBefore = Number.NEGATIVE_INFINITY;
  const ask: FetchImplementation = async (address, options) => {
    if (clock.monotonic() < notBefore) throw new Error('it did not answer a moment ago');
    try {
      const response = await fetch(address, options);
      if (response.status !== 200) throw new Error(`it answered ${response.status}`);
      return response;
    } catch (error) {
      notBefore = clock.monotonic() + RETRY_AFTER_MS;
      throw error;
    }
  };
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: MAX_AGE_MS,
    [customFetch]: ask,
  });
  return async (header, token): Promise<CryptoKey> => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (FAULTS_OF_THE_TOKEN.some((fault) => error instanceof fault)) throw error;
      throw new ConnectionError(
        'Tokens cannot be checked now: the issuer does not give its keys. Retry in a moment; if it lasts, check AUTH_JWKS_URL and whether this service can reach it',
        { cause: error },
      );
    }
  };
}
