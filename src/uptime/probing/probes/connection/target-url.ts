import { type TlsRules } from '../../../domain/index.js';
import { type Endpoint } from './endpoint-connection.js';

const SECURE: readonly string[] = ['https:', 'wss:'];

/**
 * Reads the URL of a target.
 *
 * @param schemes with their colon
 * @throws Error without the URL's text, which may hold credentials
 */
export function parseTargetUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !schemes.includes(url.protocol))
    throw new Error(
      `The URL to probe must begin with ${schemes.map((scheme) => `${scheme}//`).join(' or ')} and name a host`,
    );
  return url;
}

/** The host of a URL as sockets take it: an IPv6 address without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** `host:port` of a URL, the port also where it is the scheme's own. */
export function endpointOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** Where a URL leads. @param hostHeader as it is sent; the certificate must be for the name in it, which is asked for */
export function endpointForUrl(url: URL, rules: TlsRules, hostHeader: string): Endpoint {
  const tls = { rules, serverName: hostOf(hostHeader.replace(/:\d+$/, '')), protocols: ['http/1.1'] };
  return {
    host: hostOf(url.hostname),
    port: portOf(url),
    endpoint: endpointOf(url),
    ...(isSecure(url) ? { tls } : {}),
  };
}

/** Header `authorization` for the credentials in a URL; nothing where it has none. @throws Error where they are not encoded as a URL asks */
export function basicAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  return { authorization: `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}` };
}

function portOf(url: URL): number {
  return Number(url.port || (isSecure(url) ? 443 : 80));
}

function isSecure({ protocol }: URL): boolean {
  return SECURE.includes(protocol);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(
      'The credentials in the URL to probe hold a % that is not followed by two hexadecimal digits; write it as %25',
    );
  }
}
