import { isIP } from 'node:net';

/** Addresses by lower-case name, in the order of the file: hosts(5). */
export type Hosts = ReadonlyMap<string, readonly string[]>;

/** Reads a hosts file; lines without a valid address are ignored. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map((given) => given.toLowerCase())) {
      const addresses = hosts.get(name) ?? [];
      if (!addresses.includes(address)) hosts.set(name, [...addresses, address]);
    }
  }
  return hosts;
}
