import { type IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { forwardedBy } from './forwarded.js';

const IPV6_GROUPS = 8;
/** An address in brackets, or an IPv4 address, each with or without a port. */
const BRACKETED = /^\[([^\]]*)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
const MAPPED_IPV4 = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/**
 * Address of the client: the peer of the connection, or with `trustedProxies` proxies in front the one that the
 * outermost of them has seen (`X-Forwarded-For`). Where a proxy gave no address, the nearest one that is known.
 *
 * @returns the form of {@link parseAddress}; `unknown` if the connection is closed already
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string } },
  trustedProxies: number,
): string {
  const hops = [socket.remoteAddress ?? '', ...forwardedBy(trustedProxies, headers['x-forwarded-for'])];
  return hops.reduce<string | undefined>((nearest, hop) => parseAddress(hop) ?? nearest, undefined) ?? 'unknown';
}

/**
 * One form for every spelling of an address: without port, brackets and zone, IPv6 compressed and in lower case
 * (RFC 5952), an IPv4 address mapped into IPv6 as IPv4.
 */
export function parseAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const [, withoutPort = trimmed] = BRACKETED.exec(trimmed) ?? IPV4_WITH_PORT.exec(trimmed) ?? [];
  const [address = ''] = withoutPort.split('%', 1);
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const canonical = compressed(address);
  const [, high, low] = MAPPED_IPV4.exec(canonical) ?? [];
  return high === undefined || low === undefined ? canonical : ipv4Of(parseInt(high, 16), parseInt(low, 16));
}

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, as one client usually owns all of
 * it.
 *
 * @param address of {@link parseAddress}
 */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address === '::1') return address;
  const [head = '', tail] = address.split('::');
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const last = groupsOf(tail);
    groups.push(...Array.from({ length: IPV6_GROUPS - groups.length - last.length }, () => '0'), ...last);
  }
  return `${compressed(`${groups.slice(0, IPV6_GROUPS / 2).join(':')}::`)}/64`;
}

function compressed(ipv6: string): string {
  return new URL(`http://[${ipv6}]/`).hostname.slice(1, -1);
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
