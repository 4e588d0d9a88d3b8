import { type Database } from 'lmdb';
import {
  type Correction,
  type StatusHistory,
  maintenanceIn,
  type MaintenanceWindow,
  type TimeRange,
  type StatusChange,
} from '../../domain/index.js';
import {
  type RevisionKey,
  type ServiceKey,
  type StoredChange,
  type TimeKey,
  type UptimeTables,
} from './uptime-tables.js';

/**
 * What the tables of all services hold. Unless noted, a query scans the rows of its window and at most one before it.
 */
export class RecordedHistory {
  constructor(protected readonly tables: UptimeTables) {}

  services(): string[] {
    return [...this.tables.services.getKeys()];
  }

  lastChange(service: string, at = Number.MAX_SAFE_INTEGER): StatusChange | undefined {
    const { changes } = this.tables;
    const [last] = changes.getRange({ start: [service, at + 1], end: [service], reverse: true, limit: 1 });
    return last && changeOf(last);
  }

  changesIn(service: string, { from, to }: TimeRange): StatusChange[] {
    return [...this.tables.changes.getRange({ start: [service, from], end: [service, to] })].map(changeOf);
  }

  coveredIn(service: string, { from, to }: TimeRange): TimeRange[] {
    const { covered } = this.tables;
    const [before] = covered.getRange({ start: [service, from - 1], end: [service], reverse: true, limit: 1 });
    const within = covered.getRange({ start: [service, from], end: [service, to + 1] });
    const ranges = [...(before ? [before] : []), ...within].map(spanOf);
    return ranges.filter((span) => span.to >= from);
  }

  maintenance(service: string): MaintenanceWindow[] {
    return allOf(this.tables.maintenance, service);
  }

  corrections(service: string): Correction[] {
    return allOf(this.tables.corrections, service);
  }

  firstProbed(service: string): number | undefined {
    const [first] = this.tables.covered.getKeys({ start: [service], end: [service, Infinity], limit: 1 });
    return first?.[1];
  }

  lastProbed(service: string): number | undefined {
    const { covered } = this.tables;
    const [last] = covered.getRange({ start: [service, Infinity], end: [service], reverse: true, limit: 1 });
    return last?.value;
  }

  /** All that affects the intervals of a window. */
  in(service: string, window: TimeRange): StatusHistory {
    const before = this.lastChange(service, window.from - 1);
    return {
      ...(before ? { before } : {}),
      changes: this.changesIn(service, window),
      covered: this.coveredIn(service, window),
      maintenance: maintenanceIn(this.maintenance(service), window),
      corrections: this.corrections(service),
    };
  }
}

function allOf<Row>(table: Database<Row, RevisionKey | ServiceKey>, service: string): Row[] {
  return [...table.getRange({ start: [service], end: [service, Infinity] })].map(({ value }) => value);
}

type ChangeRow = { key: readonly [service: string, at?: number, revision?: number]; value: StoredChange };

function changeOf({ key: [serviceName, at = 0], value }: ChangeRow): StatusChange {
  return { serviceName, at, ...value };
}

export function spanOf({ key: [, from = 0], value }: { key: TimeKey | ServiceKey; value: number }): TimeRange {
  return { from, to: value };
}
