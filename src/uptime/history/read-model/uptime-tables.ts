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

/** Service, epoch milliseconds, revision in its stream; the revision orders changes of the same millisecond. */
type ChangeKey = [service: string, at: number, revision: number];
/** Service, and the revision of the creating event. */
export type RevisionKey = [service: string, revision: number];
/** Service, and epoch milliseconds. */
export type TimeKey = [service: string, at: number];
/** Lower bound of the keys of a service. */
export type ServiceKey = [service: string];

export type StoredChange = Omit<StatusChange, 'serviceName' | 'at'>;

export interface UptimeTables {
  readonly services: Database<true, string>;
  readonly changes: Database<StoredChange, ChangeKey | TimeKey | ServiceKey>;
  /** Probed ranges: start in the key, end as the value. Disjoint and merged, so years of steady probing are one row. */
  readonly covered: Database<number, TimeKey | ServiceKey>;
  readonly maintenance: Database<MaintenanceWindow, RevisionKey | ServiceKey>;
  readonly corrections: Database<Correction, RevisionKey | ServiceKey>;
  /** Cumulative totals of a service up to the start of a day. */
  readonly totals: Database<readonly number[], TimeKey | ServiceKey>;
  /** Rollups by the start of their minute, hour or day. */
  readonly rollups: Readonly<Record<RollupUnit, Database<StoredRollup, TimeKey | ServiceKey>>>;
}

const ROLLUP_TABLES = { minute: 'minutes', hour: 'hours', day: 'days' } as const satisfies Record<RollupUnit, string>;

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
