import { type IncomingMessage } from 'node:http';
import { AuthenticationError } from '../event-store/domain/index.js';
import { API_KEY_TOKEN_PREFIX } from './domain/index.js';

/** What a request shows to prove who sent it. */
export type Credentials =
  { readonly kind: 'token'; readonly token: string } | { readonly kind: 'api-key'; readonly key: string };

const AUTHORIZATION = 'authorization';
const API_KEY = 'x-api-key';

/** RFC 6750, 2.1: the scheme, in any case, blanks, and a token68. */
const BEARER = /^Bearer +(?<token>[\w.~+/-]+=*)$/i;

/**
 * The credentials in a request's headers; undefined where it shows none.
 *
 * @throws AuthenticationError for headers that do not say one thing: two of them, another scheme, another form
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
  // Node drops a second Authorization and joins others with commas; a proxy in front may have taken another one of them.
  if (countCredentials(rawHeaders) > 1)
    throw new AuthenticationError('The request shows credentials more than once; send one header');
  if (authorization === undefined) return { kind: 'api-key', key: String(apiKey) };
  const token = BEARER.exec(authorization)?.groups?.token;
  if (token === undefined)
    throw new AuthenticationError(
      'The header Authorization cannot be read; send `Authorization: Bearer` and a token or an API key',
    );
  return token.startsWith(API_KEY_TOKEN_PREFIX) ? { kind: 'api-key', key: token } : { kind: 'token', token };
}

/** Of the names and values of all headers, as they came. */
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
