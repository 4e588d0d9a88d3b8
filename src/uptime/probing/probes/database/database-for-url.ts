import { type NameResolver } from '../../../../common/network/name-resolver.js';
import { type Clock, type EventStore, type RandomString } from '../../../../event-store/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type CheckContext, type DatabaseCheck, type ProbedDatabase } from './database.probe.js';
import { KurrentDBDatabase } from './kurrentdb-database.js';

interface DatabaseDependencies {
  readonly clock: Clock;
  readonly names: NameResolver;
  readonly random: RandomString;
  readonly timeoutMs: number;
}

type CreateCheck = (url: string, query: string | undefined, context: CheckContext) => DatabaseCheck;

const loadPostgres = async (): Promise<CreateCheck> => (await import('./postgres-database.js')).checkPostgres;
const loadMySQL = async (): Promise<CreateCheck> => (await import('./mysql-database.js')).checkMySQL;
const loadRedis = async (): Promise<CreateCheck> => (await import('./redis-database.js')).checkRedis;
const loadMongoDB = async (): Promise<CreateCheck> => (await import('./mongodb-database.js')).checkMongoDB;

/**
 * By scheme. A driver takes megabytes and tenths of a second to load: it is imported by the first probe that needs it.
 */
const DRIVERS: ReadonlyMap<string, () => Promise<CreateCheck>> = new Map([
  ['postgres', loadPostgres],
  ['postgresql', loadPostgres],
  ['mysql', loadMySQL],
  ['redis', loadRedis],
  ['rediss', loadRedis],
  ['mongodb', loadMongoDB],
  ['mongodb+srv', loadMongoDB],
]);

/** Chooses the driver by the scheme of the URL; any other scheme is KurrentDB. */
export function databaseForUrl(
  url: string,
  query: string | undefined,
  { timeoutMs, clock, names, random }: DatabaseDependencies,
): ProbedDatabase {
  const load = DRIVERS.get(url.slice(0, url.indexOf(':')));
  if (!load) return new KurrentDBDatabase(url, { timeoutMs, clock, names, random });
  return {
    prepare: async (signal) => {
      const createCheck = await load();
      if (signal.aborted) throw new ProbeFailure('the probe was aborted');
      return createCheck(url, query, { names, signal });
    },
  };
}

/** The KurrentDB of this service. Its client has its own timeouts and is shared, so a probe does not close it. */
export function ownDatabase(store: Pick<EventStore, 'testConnection'>): ProbedDatabase {
  const run = async (): Promise<void> => {
    const { health, error } = await store.testConnection();
    if (health !== 'healthy') throw new ProbeFailure(error ?? 'the connection test failed');
  };
  return { prepare: () => Promise.resolve({ run, close: () => Promise.resolve() }) };
}
