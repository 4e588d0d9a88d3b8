import { getServers, type SrvRecord } from 'node:dns';
import { hostname } from 'node:os';
import { sleep } from '../wait.js';
import { addressOf, asciiNameOf, isLocalhost } from './host-name.js';
import { parseHosts } from './hosts-file.js';
import { NameError } from './name-error.js';
import { type DnsFailure, type DnsResult, type NameServerSession, NameServers } from './name-servers.js';
import { candidatesOf, parseResolvConf } from './resolv-conf.js';
import { interleaved, type Resolution, resolved } from './resolution.js';
import { SharedLookup } from './shared-lookup.js';
import { WatchedFile } from './watched-file.js';

export const RESOLV_CONF = '/etc/resolv.conf';
const HOSTS = '/etc/hosts';
const LOCALHOST = ['::1', '127.0.0.1'];
/** Time that IPv4 addresses wait for IPv6 ones (RFC 8305, 3). */
const RESOLUTION_DELAY_MS = 50;

export interface NameResolverFiles {
  readonly resolvConf?: string;
  readonly hosts?: string;
}

/**
 * Resolves names as the system does (nsswitch `files dns`), but on the event loop: Node's `dns.lookup` waits for name
 * servers in two threads of libuv's pool, which a few names without an answer occupy. Nothing is cached; equal
 * look-ups at the same time are one.
 */
export class NameResolver {
  readonly #resolvConf;
  readonly #hosts;
  readonly #nameServers = new NameServers();
  readonly #running = new Map<string, SharedLookup>();

  constructor({ resolvConf = RESOLV_CONF, hosts = HOSTS }: NameResolverFiles = {}) {
    this.#resolvConf = new WatchedFile(resolvConf, (text) => parseResolvConf(text, hostname(), getServers()));
    this.#hosts = new WatchedFile(hosts, parseHosts);
  }

  /**
   * Addresses of a name or address.
   *
   * @param host an address with or without brackets and zone, or a name, internationalized or not
   * @throws NameError; the reason of the signal when it is aborted
   */
  async lookup(host: string, signal: AbortSignal): Promise<Resolution> {
    signal.throwIfAborted();
    const address = addressOf(host);
    if (address !== undefined) return resolved([address]);
    const name = asciiNameOf(host);
    if (name === undefined) throw new NameError('ENOTFOUND', host);
    const local = this.#localAddresses(name);
    return local ? resolved(local) : this.#share(name).join(signal);
  }

  /** As {@link lookup}, when both families are known. */
  async lookupAll(host: string, signal: AbortSignal): Promise<readonly string[]> {
    const { addresses, more } = await this.lookup(host, signal);
    return interleaved([...addresses, ...((await more) ?? [])]);
  }

  /** SRV records of a full name. @throws NameError */
  async resolveSrv(name: string, signal: AbortSignal): Promise<SrvRecord[]> {
    return this.#records(name, await this.#open(signal).ask((resolver) => resolver.resolveSrv(name)));
  }

  /** TXT records of a full name. @throws NameError */
  async resolveTxt(name: string, signal: AbortSignal): Promise<string[][]> {
    return this.#records(name, await this.#open(signal).ask((resolver) => resolver.resolveTxt(name)));
  }

  #records<Value>(name: string, result: DnsResult<Value>): Value {
    if ('value' in result) return result.value;
    throw new NameError(result.failure === 'none' ? 'ENOTFOUND' : 'EAI_AGAIN', name);
  }

  #localAddresses(name: string): readonly string[] | undefined {
    const hosts = this.#hosts.read();
    const listed = hosts.get(name.replace(/\.$/, ''));
    if (listed || !isLocalhost(name)) return listed;
    return hosts.get('localhost') ?? LOCALHOST;
  }

  #share(name: string): SharedLookup {
    const running = this.#running.get(name);
    if (running && !running.isAborted) return running;
    const lookup = new SharedLookup((signal) => this.#search(name, signal));
    this.#running.set(name, lookup);
    void lookup.ended.then(() => {
      if (this.#running.get(name) === lookup) this.#running.delete(name);
    });
    return lookup;
  }

  #open(signal: AbortSignal): NameServerSession {
    return this.#nameServers.open(this.#resolvConf.read(), signal);
  }

  /** Tries the domains of the search list, with the rules of glibc's `res_search`. */
  async #search(name: string, signal: AbortSignal): Promise<Resolution> {
    const failures: DnsFailure[] = [];
    const candidates = candidatesOf(name, this.#resolvConf.read());
    for (const { name: candidate, isAsGiven } of candidates) {
      if (!isAsGiven && failures.at(-1) === 'no-answer') continue;
      const result = await lookupOne(candidate, this.#open(signal));
      if ('value' in result) return result.value;
      failures.push(result.failure);
      if (signal.aborted) break;
    }
    const failure = candidates[0]?.isAsGiven ? failures[0] : worst(failures);
    throw new NameError(failure === 'none' ? 'ENOTFOUND' : 'EAI_AGAIN', name);
  }
}

/** Of the files of the system. */
export const systemNames = new NameResolver();

/** Both families of a full name. Resolves as soon as the addresses of one may be tried (RFC 8305, 3). */
async function lookupOne(name: string, session: NameServerSession): Promise<DnsResult<Resolution>> {
  const known: string[] = [];
  let pending = 2;
  const askFor = async (ask: Promise<DnsResult<string[]>>): Promise<DnsResult<string[]>> => {
    const result = await ask;
    pending--;
    if ('value' in result) known.push(...result.value);
    return result;
  };
  const ipv6 = askFor(session.ask((resolver) => resolver.resolve6(name)));
  const ipv4 = askFor(session.ask((resolver) => resolver.resolve4(name)));
  const both = Promise.all([ipv6, ipv4]);
  await Promise.race([
    ipv6.then((result) => ('value' in result ? undefined : both)),
    ipv4.then((result) => ('value' in result ? Promise.race([both, sleep(RESOLUTION_DELAY_MS)]) : both)),
  ]);
  const addresses = interleaved(known);
  if (addresses.length > 0) {
    if (pending === 0) return { value: { addresses } };
    return { value: { addresses, more: both.then(() => known.filter((address) => !addresses.includes(address))) } };
  }
  const results = await both;
  return { failure: worst(results.map((result) => ('failure' in result ? result.failure : 'none'))) };
}

/** The failure that says least about the name. */
function worst(failures: readonly DnsFailure[]): DnsFailure {
  const order: readonly DnsFailure[] = ['no-answer', 'server-failure', 'none'];
  return order.find((failure) => failures.includes(failure)) ?? 'none';
}
