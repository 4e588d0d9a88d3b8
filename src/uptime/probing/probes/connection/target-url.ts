import { asciiNameOf } from '../../../../common/network/host-name.js';
import { type TlsRules } from '../../../domain/index.js';
import { type Endpoint } from './endpoint-connection.js';

const SECURE: readonly string[] = ['https:', 'wss:'];

/**
 * @param schemes with their colon
 * @throws Error that does not quote the URL, which may contain credentials
 */
export function parseTargetUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !schemes.includes(url.protocol))
    throw new Error(
      `The URL to probe must begin with ${schemes.map((scheme) => `${scheme}//`).join(' or ')} and name a host`,
    );
  return url;
}

/** Host for a socket: an IPv6 address without brackets. */
export function hostOf(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** The name of a host as in SNI and certificates: in ASCII, without a trailing dot (RFC 6066, 3). */
export function serverNameOf(host: string): string {
  return (asciiNameOf(host) ?? host).replace(/\.$/, '');
}

/** `host:port` of a URL, including a default port. */
export function hostPortOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/**
 * @param hostHeader the header as sent; its name is requested by SNI and must match the certificate
 * @param protocol to offer by ALPN
 */
export function endpointOf(url: URL, rules: TlsRules, hostHeader: string, protocol = 'http/1.1'): Endpoint {
  const tls = { rules, serverName: serverNameOf(hostOf(hostHeader.replace(/:\d+$/, ''))), protocols: [protocol] };
  return {
    host: hostOf(url.hostname),
    port: portOf(url),
    hostPort: hostPortOf(url),
    ...(isSecure(url) ? { tls } : {}),
  };
}

/** Header `authorization` for the credentials of a URL, if any. @throws Error for invalid percent-encoding */
export function basicAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  return { authorization: `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}` };
}

function portOf(url: URL): number {
  return Number(url.port || (isSecure(url) ? 443 : 80));
}

export function isSecure({ protocol }: URL): boolean {
  return SECURE.includes(protocol);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(
      'The credentials in the URL to probe contain a % that is not followed by two hexadecimal digits; write it as %25',
    );
  }
}
