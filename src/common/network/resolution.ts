import { isIPv6 } from 'node:net';

/** What a name resolves to. */
export interface Resolution {
  /** The addresses known so far, at least one, in the order to try them. */
  readonly addresses: readonly string[];
  /** While the answer for one family is pending: its addresses; empty if there are none or it fails. */
  readonly more?: Promise<readonly string[]>;
}

export function resolved(addresses: readonly string[]): Resolution {
  return { addresses: interleaved(addresses) };
}

/** Alternates the families, beginning with IPv6 (RFC 8305, 4), and otherwise keeps the order. */
export function interleaved(addresses: readonly string[]): string[] {
  const ipv6 = addresses.filter((address) => isIPv6(address));
  const ipv4 = addresses.filter((address) => !isIPv6(address));
  return alternating(ipv6, ipv4);
}

/** Takes from both in turn. */
export function alternating(first: readonly string[], second: readonly string[]): string[] {
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) =>
    [first[index], second[index]].filter((address) => address !== undefined),
  ).flat();
}
