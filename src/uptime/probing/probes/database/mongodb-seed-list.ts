import { type SrvRecord } from 'node:dns';
import { NameError } from '../../../../common/network/name-error.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { STAGES } from '../connection/probe-stages.js';
import { connectionFailure } from './database-errors.js';
import { type CheckContext } from './database.probe.js';

const SRV_URL = /^mongodb\+srv:\/\/(?<credentials>[^@/]*@)?(?<host>[^/?@,:]+)(?<path>\/[^?]*)?(?:\?(?<options>.*))?$/;
/** Options that a TXT record may set. */
const TXT_OPTIONS: readonly string[] = ['authSource', 'replicaSet', 'loadBalanced'];
/** Options of the resolution itself; a `mongodb:` URL must not have them. */
const SRV_OPTIONS: readonly string[] = ['srvServiceName', 'srvMaxHosts', 'srvAllowedHostsSuffix'];

/**
 * The `mongodb:` URL of a `mongodb+srv:` one, by MongoDB's "Initial DNS Seedlist Discovery" specification. The driver
 * would ask the name servers by itself: those of the start of the process, and without an end at the probe's timeout.
 *
 * @throws ProbeFailure
 */
export async function resolveSeedList(url: string, { names, signal }: CheckContext): Promise<string> {
  const { credentials = '', host, path = '/', options = '' } = SRV_URL.exec(url)?.groups ?? {};
  if (host === undefined) throw new ProbeFailure('the URL is not valid: mongodb+srv needs one host without a port');
  const given = new URLSearchParams(options);
  const service = given.get('srvServiceName') ?? 'mongodb';
  try {
    const [records, texts] = await Promise.all([
      names.resolveSrv(`_${service}._tcp.${host}`, signal),
      names.resolveTxt(host, signal).catch(noneIfMissing),
    ]);
    const hosts = hostsOf(records, host, given);
    const kept = options.split('&').filter((option) => !SRV_OPTIONS.includes(option.split('=')[0] ?? ''));
    const added = optionsOf(texts, host).filter(
      ([name]) => !given.has(name) && (name !== 'authSource' || credentials !== ''),
    );
    if (!given.has('tls') && !given.has('ssl')) added.push(['tls', 'true']);
    const all = [...kept, ...added.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)];
    return `mongodb://${credentials}${hosts.join(',')}${path}?${all.filter((option) => option !== '').join('&')}`;
  } catch (error) {
    if (signal.aborted) throw new ProbeFailure(STAGES.dns.timedOut(host));
    throw error instanceof NameError ? connectionFailure(error, host) : error;
  }
}

function noneIfMissing(error: unknown): string[][] {
  if (error instanceof NameError && error.code === 'ENOTFOUND') return [];
  throw error;
}

/** @throws ProbeFailure for a host outside the domain, which a forged answer could name */
function hostsOf(records: readonly SrvRecord[], seed: string, options: URLSearchParams): string[] {
  const suffix = options.get('srvAllowedHostsSuffix') ?? domainOf(seed);
  const hosts = records.map(({ name, port }) => ({ name: name.replace(/\.$/, ''), port }));
  const foreign = hosts.find(({ name }) => !name.toLowerCase().endsWith(suffix.toLowerCase()));
  if (foreign) throw new ProbeFailure(`the SRV record of ${seed} names ${foreign.name}, a host outside ${suffix}`);
  const limit = Number(options.get('srvMaxHosts') ?? 0);
  return hosts.slice(0, limit > 0 ? limit : undefined).map(({ name, port }) => `${name}:${port}`);
}

/** With a leading dot: the parent of a name of three labels or more, otherwise the name itself. */
function domainOf(host: string): string {
  const labels = host.replace(/\.$/, '').split('.');
  return `.${(labels.length < 3 ? labels : labels.slice(1)).join('.')}`;
}

/** @throws ProbeFailure for a record that MongoDB does not allow */
function optionsOf(texts: readonly string[][], host: string): [string, string][] {
  const [first = [], ...others] = texts;
  const options = [...new URLSearchParams(first.join(''))];
  if (others.length > 0 || options.some(([name, value]) => !TXT_OPTIONS.includes(name) || value === ''))
    throw new ProbeFailure(`the TXT record of ${host} is not valid; it may set ${TXT_OPTIONS.join(', ')}`);
  return options;
}
