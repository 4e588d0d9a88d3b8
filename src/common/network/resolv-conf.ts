import { isIP } from 'node:net';

/** Settings of the system's resolver: resolv.conf(5). */
export interface ResolvConf {
  /** Addresses of the name servers, with a port in the form `[address]:port`; at least one. */
  readonly servers: readonly string[];
  /** Domains to append to names; an empty string is the root. */
  readonly search: readonly string[];
  /** A name with at least as many dots is first looked up without the domains. */
  readonly ndots: number;
  /** Time to wait for one answer of one server. */
  readonly timeoutMs: number;
  /** How often all servers are asked. */
  readonly attempts: number;
  /** Whether each look-up begins with the next server, instead of the first one. */
  readonly rotate: boolean;
  /** Whether a name without dots is never looked up without a domain. */
  readonly noTldQuery: boolean;
}

/** Limits and defaults of glibc. */
const MAX_SERVERS = 3;
const MAX_NDOTS = 15;
const MAX_TIMEOUT_S = 30;
const MAX_ATTEMPTS = 5;
const DEFAULTS = { ndots: 1, timeoutMs: 5_000, attempts: 2 };

/** `[address]:port`, as in OpenBSD's resolv.conf; Linux knows addresses only. */
const WITH_PORT = /^\[(?<address>[^\]]+)\]:\d{1,5}$/;

/**
 * Reads a resolv.conf as glibc does: what it cannot use is ignored.
 *
 * @param hostname of this machine: its domain is searched if the file names none
 * @param defaultServers used if the file names none
 */
export function parseResolvConf(text: string, hostname: string, defaultServers: readonly string[]): ResolvConf {
  const servers: string[] = [];
  const options = new Map<string, number>();
  let search = hostname.includes('.') ? [hostname.slice(hostname.indexOf('.') + 1)] : [];
  for (const line of text.split('\n')) {
    if (/^[#;]/.test(line)) continue;
    const [keyword = '', ...values] = line.trim().split(/\s+/);
    const [first] = values;
    if (first === undefined) continue;
    if (keyword === 'nameserver' && isServer(first)) servers.push(first);
    if (keyword === 'search') search = values;
    if (keyword === 'domain') search = [first];
    if (keyword === 'options') for (const option of values) options.set(...parseOption(option));
  }
  const limited = (name: string, max: number): number | undefined => {
    const value = options.get(name);
    return value === undefined ? undefined : Math.min(value, max);
  };
  const timeoutS = limited('timeout', MAX_TIMEOUT_S);
  return {
    servers: servers.length === 0 ? defaultServers : servers.slice(0, MAX_SERVERS),
    search: search.map(withoutTrailingDot),
    ndots: limited('ndots', MAX_NDOTS) ?? DEFAULTS.ndots,
    timeoutMs: timeoutS === undefined ? DEFAULTS.timeoutMs : Math.max(1, timeoutS) * 1_000,
    attempts: Math.max(1, limited('attempts', MAX_ATTEMPTS) ?? DEFAULTS.attempts),
    rotate: options.has('rotate'),
    noTldQuery: options.has('no-tld-query'),
  };
}

/** A name that may be asked for; the failure of one that was given in full decides how the look-up fails. */
export interface Candidate {
  readonly name: string;
  readonly isAsGiven: boolean;
}

/** The names to ask for, in order, as glibc's `res_search` does. @param name without brackets, in ASCII */
export function candidatesOf(
  name: string,
  { search, ndots, noTldQuery }: Pick<ResolvConf, 'search' | 'ndots' | 'noTldQuery'>,
): Candidate[] {
  if (name.endsWith('.')) return [{ name: withoutTrailingDot(name), isAsGiven: true }];
  const dots = name.split('.').length - 1;
  const asGiven = { name, isAsGiven: true };
  const inDomains = search.filter((domain) => domain !== '').map((domain) => `${name}.${domain}`);
  const candidates = inDomains.map((candidate) => ({ name: candidate, isAsGiven: false }));
  if (dots === 0 && noTldQuery && candidates.length > 0) return candidates;
  return dots >= ndots ? [asGiven, ...candidates] : [...candidates, asGiven];
}

function isServer(text: string): boolean {
  return isIP(WITH_PORT.exec(text)?.groups?.address ?? text) !== 0;
}

/** `ndots:5`, or a word without a value. */
function parseOption(option: string): [string, number] {
  const [, name = option, value = ''] = /^([a-z0-9-]+):(\d+)$/.exec(option) ?? [];
  return [name, Number(value)];
}

function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
