import { type ReadModelDefinition, type ReadModelTables, SERVICE_UPTIME_PREFIX } from '../../../event-store/index.js';
import {
  type Correction,
  type MaintenanceWindow,
  PROBE_SAMPLES_PREFIX,
  type TimeRange,
  startOf,
  type StatusChange,
  type StatusTotals,
  type UptimeHistory,
} from '../../domain/index.js';
import { totalsIn } from './daily-totals.js';
import { changesIn, correctionsOf, coveredIn, lastChange, lastProbed, maintenanceOf } from './recorded-history.js';
import { rollupOf } from './rollup-rows.js';
import { UptimeProjection } from './uptime-projection.js';
import { openTables, UPTIME_TABLES, type UptimeTables } from './uptime-tables.js';
import { type ErrorCount, type ResponseHistory, type ResponseTimes } from '../application/response-history.js';

export const uptimeReadModel: ReadModelDefinition = {
  name: 'uptime',
  version: 2,
  streamNamePrefixes: [SERVICE_UPTIME_PREFIX, PROBE_SAMPLES_PREFIX],
  tables: UPTIME_TABLES,
  apply: (tables, events) => new UptimeProjection(openTables(tables)).apply(events),
};

/** History from the tables. Unless noted, a query scans the rows of its window and at most one before it. */
export class UptimeReadModel implements UptimeHistory, ResponseHistory {
  readonly #tables: UptimeTables;

  constructor(tables: ReadModelTables) {
    this.#tables = openTables(tables);
  }

  services(): string[] {
    return [...this.#tables.services.getKeys()];
  }

  lastChange(service: string, at = Number.MAX_SAFE_INTEGER): StatusChange | undefined {
    return lastChange(this.#tables, service, at);
  }

  changesIn(service: string, window: TimeRange): StatusChange[] {
    return changesIn(this.#tables, service, window);
  }

  coveredIn(service: string, window: TimeRange): TimeRange[] {
    return coveredIn(this.#tables, service, window);
  }

  maintenance(service: string): MaintenanceWindow[] {
    return maintenanceOf(this.#tables, service);
  }

  corrections(service: string): Correction[] {
    return correctionsOf(this.#tables, service);
  }

  finalUntil(service: string): number | undefined {
    const last = lastProbed(this.#tables, service);
    return last === undefined ? undefined : startOf('day', last);
  }

  totalsIn(service: string, window: TimeRange): StatusTotals {
    return totalsIn(this.#tables, service, window);
  }

  responseTimes(service: string, window: TimeRange): ResponseTimes | undefined {
    const { responseMicros } = rollupOf(this.#tables.rollups, service, window);
    const quantiles = responseMicros.quantiles([0.5, 0.95, 0.99]);
    if (!quantiles) return undefined;
    const [p50 = 0, p95 = 0, p99 = 0] = quantiles.map((micros) => micros / 1_000);
    return { count: responseMicros.count, p50, p95, p99 };
  }

  errorKinds(service: string, window: TimeRange): ErrorCount[] {
    const { errors } = rollupOf(this.#tables.rollups, service, window);
    return [...errors]
      .map(([kind, count]) => ({ kind, count }))
      .sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
  }
}
