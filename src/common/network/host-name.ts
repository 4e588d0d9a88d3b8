import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Names whose last label is a number are addresses in one of the forms of `inet_aton`, such as `127.1`. */
const NUMERIC = /(?:^|\.)(?:0x[\da-f]*|\d+)\.?$/i;
const ASCII = /^[\x21-\x7e]+$/;

/** The address that a host is: IPv6 with or without brackets, with or without a zone. */
export function addressOf(host: string): string | undefined {
  const address = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (isIP(address) !== 0) return address;
  if (!NUMERIC.test(address)) return undefined;
  const normalized = domainToASCII(address);
  return isIP(normalized) === 0 ? undefined : normalized;
}

/** A name as it is asked for: in lower case, an internationalized one in ASCII; undefined if it cannot be one. */
export function asciiNameOf(host: string): string | undefined {
  const name = ASCII.test(host) ? host.toLowerCase() : domainToASCII(host);
  return name === '' || name === '.' ? undefined : name;
}

/** `localhost` and the names below it, which are never asked of a name server (RFC 6761, 6.3). */
export function isLocalhost(name: string): boolean {
  return /(?:^|\.)localhost\.?$/.test(name);
}
