import { type Clock, type EventStore, type RandomString } from '../../../../event-store/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type DatabaseCheck, type TestedDatabase } from './database.probe.js';
import { KurrentDBTarget } from './kurrentdb-target.js';

export interface DatabaseDependencies {
  readonly clock: Clock;
  readonly random: RandomString;
  /** How long a question may take. */
  readonly timeoutMs: number;
}

type Ask = (url: string, query: string | undefined, signal: AbortSignal, timeoutMs: number) => DatabaseCheck;

const loadPostgres = async (): Promise<Ask> => (await import('./postgres-database.js')).checkPostgres;
const loadMySQL = async (): Promise<Ask> => (await import('./mysql-database.js')).checkMySQL;
const loadRedis = async (): Promise<Ask> => (await import('./redis-database.js')).checkRedis;
const loadMongoDB = async (): Promise<Ask> => (await import('./mongodb-database.js')).checkMongoDB;

/** By scheme. Each driver takes megabytes and tenths of a second: it is loaded with the first question to such a database. */
const DRIVERS: ReadonlyMap<string, () => Promise<Ask>> = new Map([
  ['postgres', loadPostgres],
  ['postgresql', loadPostgres],
  ['mysql', loadMySQL],
  ['redis', loadRedis],
  ['rediss', loadRedis],
  ['mongodb', loadMongoDB],
  ['mongodb+srv', loadMongoDB],
]);

/** The database that a URL names, of the kind that its scheme says; every other scheme is KurrentDB's. */
export function databaseByUrl(
  url: string,
  query: string | undefined,
  { timeoutMs, clock, random }: DatabaseDependencies,
): TestedDatabase {
  const load = DRIVERS.get(url.slice(0, url.indexOf(':')));
  if (!load) return new KurrentDBTarget(url, { timeoutMs, clock, random });
  return {
    prepare: async (signal) => {
      const ask = await load();
      if (signal.aborted) throw new ProbeFailure('the probe was ended');
      return ask(url, query, signal, timeoutMs);
    },
  };
}

/** The KurrentDB in use. Its client bounds the time of what it does, and is not for a probe to close. */
export function databaseInUse(store: Pick<EventStore, 'testConnection'>): TestedDatabase {
  const ask = async (): Promise<void> => {
    const { health, error } = await store.testConnection();
    if (health !== 'healthy') throw new ProbeFailure(error ?? 'the store does not work as it should');
  };
  return { prepare: () => Promise.resolve({ ask, end: () => Promise.resolve() }) };
}
