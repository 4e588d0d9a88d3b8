import { type TlsRules } from '../domain/index.js';
import { endpointOf } from './connection-errors.js';
import { type Peer } from './peer-connection.js';

const SECURE: readonly string[] = ['https:', 'wss:'];

/**
 * Reads the URL of a target.
 *
 * @param schemes with their colon
 * @throws Error without the URL's text, which may hold credentials
 */
export function parseTargetUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !schemes.includes(url.protocol)) throw new Error(`The URL to probe must begin with ${schemes.map((scheme) => `${scheme}//`).join(' or ')} and name a host`);
  return url;
}

/** The host of a URL as sockets take it: an IPv6 address without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Where a URL leads. @param hostHeader as it is sent; the certificate must be for the name in it, which is asked for */
export function peerOf(url: URL, rules: TlsRules, hostHeader: string): Peer {
  const isSecure = SECURE.includes(url.protocol);
  const tls = { rules, serverName: hostOf(hostHeader.replace(/:\d+$/, '')), protocols: ['http/1.1'] };
  return { host: hostOf(url.hostname), port: Number(url.port || (isSecure ? 443 : 80)), endpoint: endpointOf(url), ...(isSecure ? { tls } : {}) };
}

/** Header `authorization` for the credentials in a URL; nothing where it has none. @throws Error where they are not encoded as a URL asks */
export function basicAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  return { authorization: `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('The credentials in the URL to probe hold a % that is not followed by two hexadecimal digits; write it as %25');
  }
}
