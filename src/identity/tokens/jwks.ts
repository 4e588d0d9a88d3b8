import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose';
import { fetchBy } from './fetch-by-names.js';
import { type NameResolver, systemNames } from '../../common/network/name-resolver.js';
import { type Clock, ConnectionError } from '../../event-store/domain/index.js';

export interface JwksOptions {
  readonly timeoutMs?: number;
  /** Resolves the name of the issuer. Default: those of the system's files. */
  readonly names?: NameResolver;
  /** Minimum time between two fetches that unknown key ids cause. */
  readonly cooldownMs?: number;
}

const TIMEOUT_MS = 3_000;
/** Of a body after decompression: thousands of keys. Who answers must not fill the memory. */
const MAX_BODY_BYTES = 1_048_576;
const COOLDOWN_MS = 30_000;
/** The keys are always fetched again after this time, so that a withdrawn key is not accepted forever. */
const MAX_AGE_MS = 600_000;
/** Pause after a failed fetch, so that invalid tokens do not flood an unavailable issuer with requests. */
const RETRY_AFTER_MS = 2_000;

/** Errors that the token causes, not the issuer. */
const TOKEN_ERRORS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * Finds the issuer's key for a token. Keys are fetched on first use, cached, and fetched again for an unknown key id
 * (jose's `createRemoteJWKSet`; concurrent requests share one fetch). The function throws jose's errors for a token
 * without a key of the issuer, and ConnectionError for an unavailable issuer, because the token may be valid.
 */
export function remoteJwks(
  url: string,
  clock: Pick<Clock, 'monotonic'>,
  { timeoutMs = TIMEOUT_MS, cooldownMs = COOLDOWN_MS, names = systemNames }: JwksOptions = {},
): JWTVerifyGetKey {
  const fetch = fetchBy(names);
  const { address: keysAddress, authorization } = withoutCredentials(url);
  let notBefore = Number.NEGATIVE_INFINITY;
  const fetchKeys: FetchImplementation = async (address, options) => {
    if (clock.monotonic() < notBefore) throw new Error('skipped after a failed request');
    try {
      if (authorization !== undefined) options.headers.set('authorization', authorization);
      const response = await fetch(address, options);
      if (response.status !== 200) throw new Error(`HTTP status ${response.status}, expected 200`);
      return await bounded(response);
    } catch (error) {
      notBefore = clock.monotonic() + RETRY_AFTER_MS;
      throw error;
    }
  };
  const keys = createRemoteJWKSet(keysAddress, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: MAX_AGE_MS,
    [customFetch]: fetchKeys,
  });
  return async (header, token): Promise<CryptoKey> => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (TOKEN_ERRORS.some((type) => error instanceof type)) throw error;
      throw new ConnectionError(
        "Tokens cannot be verified: the issuer's keys cannot be fetched. Retry in a moment; if the error persists, " +
          'check AUTH_JWKS_URL and whether this service can reach it',
        { cause: error },
      );
    }
  };
}

/** `fetch` refuses a URL with credentials, and its message would show them. */
function withoutCredentials(url: string): { readonly address: URL; readonly authorization: string | undefined } {
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return { address, authorization: undefined };
  address.username = '';
  address.password = '';
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** The response with a body that is read up to {@link MAX_BODY_BYTES}. @throws Error for a larger one */
async function bounded(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? [];
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop cancels the body.
    if (bytes > MAX_BODY_BYTES) throw new Error(`the body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status });
}
