import { createRequire } from 'node:module';
import { backgroundLoads } from '../../../../common/background-loads.js';
import { type NameResolver } from '../../../../common/network/name-resolver.js';
import { type Clock, type EventStore, type RandomString } from '../../../../event-store/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type CheckContext, type DatabaseCheck, type ProbedDatabase } from './database.probe.js';
import { KurrentDBDatabase } from './kurrentdb-database.js';
import type * as MongoDB from './mongodb-database.js';
import type * as MySQL from './mysql-database.js';
import type * as Postgres from './postgres-database.js';
import type * as Redis from './redis-database.js';

interface DatabaseDependencies {
  readonly clock: Clock;
  readonly names: NameResolver;
  readonly random: RandomString;
  readonly timeoutMs: number;
}

type CreateCheck = (url: string, query: string | undefined, context: CheckContext) => DatabaseCheck;

const require = createRequire(import.meta.url);
const loadPostgres = (): CreateCheck => (require('./postgres-database.js') as typeof Postgres).checkPostgres;
const loadMySQL = (): CreateCheck => (require('./mysql-database.js') as typeof MySQL).checkMySQL;
const loadRedis = (): CreateCheck => (require('./redis-database.js') as typeof Redis).checkRedis;
const loadMongoDB = (): CreateCheck => (require('./mongodb-database.js') as typeof MongoDB).checkMongoDB;

/** By scheme. A driver takes megabytes and tenths of a second to load: only those of the targets are loaded. */
const DRIVERS: ReadonlyMap<string, () => CreateCheck> = new Map([
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
  const scheme = url.slice(0, url.indexOf(':'));
  const load = DRIVERS.get(scheme);
  if (!load) return new KurrentDBDatabase(url, { timeoutMs, clock, names, random });
  backgroundLoads.add(`the driver of ${scheme}`, load);
  return {
    prepare: (signal) => {
      if (signal.aborted) throw new ProbeFailure('the probe was aborted');
      return Promise.resolve(load()(url, query, { names, signal }));
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
