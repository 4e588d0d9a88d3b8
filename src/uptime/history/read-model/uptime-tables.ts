import { type Database } from 'lmdb';
import { type ReadModelTables } from '../../../event-store/index.js';
import {
  type Correction,
  type MaintenanceWindow,
  ROLLUP_UNITS,
  type RollupUnit,
  type StatusChange,
  type StoredRollup,
} from '../../domain/index.js';

/** Service, milliseconds since 1970, revision in the service's stream: the last parts changes of one millisecond. */
type ChangeKey = [service: string, at: number, revision: number];
/** Service, and the revision in its stream of what began it. */
type RevisionKey = [service: string, revision: number];
/** Service, and a moment in milliseconds since 1970. */
export type TimeKey = [service: string, at: number];
/** Smaller than every key of the service, greater than every key of those before it. */
export type ServiceKey = [service: string];

export type StoredChange = Omit<StatusChange, 'serviceName' | 'at'>;

/** The tables of the read model of uptime, opened. */
export interface UptimeTables {
  /** Those that have a stream. */
  readonly services: Database<true, string>;
  readonly changes: Database<StoredChange, ChangeKey | TimeKey | ServiceKey>;
  /** When services were probed, by the beginning of each span; the value is its end. Disjoint and merged, so that years of steady probing are one row. */
  readonly covered: Database<number, TimeKey | ServiceKey>;
  readonly maintenance: Database<MaintenanceWindow, RevisionKey | ServiceKey>;
  readonly corrections: Database<Correction, RevisionKey | ServiceKey>;
  /** What was known of a service up to the beginning of a day; see `DailyTotals`. */
  readonly totals: Database<readonly number[], TimeKey | ServiceKey>;
  /** Rollups by the beginning of their minute, hour or day. */
  readonly rollups: Readonly<Record<RollupUnit, Database<StoredRollup, TimeKey | ServiceKey>>>;
}

const ROLLUP_TABLES = { minute: 'minutes', hour: 'hours', day: 'days' } as const satisfies Record<RollupUnit, string>;

/** Names of the tables, for the definition of the read model. */
export const UPTIME_TABLES = [
  'services',
  'changes',
  'covered',
  'maintenance',
  'corrections',
  'totals',
  ...ROLLUP_UNITS.map((unit) => ROLLUP_TABLES[unit]),
];

export function openTables(tables: ReadModelTables): UptimeTables {
  return {
    services: tables.table('services'),
    changes: tables.table('changes'),
    covered: tables.table('covered'),
    maintenance: tables.table('maintenance'),
    corrections: tables.table('corrections'),
    totals: tables.table('totals'),
    rollups: {
      minute: tables.table(ROLLUP_TABLES.minute),
      hour: tables.table(ROLLUP_TABLES.hour),
      day: tables.table(ROLLUP_TABLES.day),
    },
  };
}
