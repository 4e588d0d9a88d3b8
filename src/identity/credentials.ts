import { type IncomingMessage } from 'node:http';
import { AuthenticationError } from '../event-store/domain/index.js';
import { API_KEY_TOKEN_PREFIX } from './domain/index.js';

export type Credentials =
  { readonly kind: 'token'; readonly token: string } | { readonly kind: 'api-key'; readonly key: string };

const AUTHORIZATION = 'authorization';
const API_KEY = 'x-api-key';

/** RFC 6750, 2.1: the scheme (case-insensitive), spaces and a token68. */
const BEARER = /^Bearer +(?<token>[\w.~+/-]+=*)$/i;

/**
 * @throws AuthenticationError for more than one credential, another scheme or a malformed header
 */
export function credentialsOf({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Credentials | undefined {
  const authorization = headers[AUTHORIZATION];
  const apiKey = headers[API_KEY];
  if (authorization === undefined && apiKey === undefined) return undefined;
  if (authorization !== undefined && apiKey !== undefined)
    throw new AuthenticationError('The request has both Authorization and X-API-Key; send one of them');
  // Node keeps the first Authorization header and joins repeated X-API-Key headers; a proxy may pick another one.
  if (countCredentials(rawHeaders) > 1)
    throw new AuthenticationError('The request has credentials more than once; send one header');
  if (authorization === undefined) return { kind: 'api-key', key: String(apiKey) };
  const token = BEARER.exec(authorization)?.groups?.token;
  if (token === undefined)
    throw new AuthenticationError(
      'The Authorization header is malformed; send `Authorization: Bearer` and a token or an API key',
    );
  return token.startsWith(API_KEY_TOKEN_PREFIX) ? { kind: 'api-key', key: token } : { kind: 'token', token };
}

/** Counts the credential headers. @param rawHeaders alternating names and values, as received */
function countCredentials(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== AUTHORIZATION.length && name.length !== API_KEY.length) continue;
    const lowerCase = name.toLowerCase();
    if (lowerCase === AUTHORIZATION || lowerCase === API_KEY) count++;
  }
  return count;
}
