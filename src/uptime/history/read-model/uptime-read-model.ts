import { type ReadModelDefinition, type ReadModelTables, SERVICE_UPTIME_PREFIX } from '../../../event-store/index.js';
import {
  PROBE_SAMPLES_PREFIX,
  type TimeRange,
  startOf,
  type StatusTotals,
  type UptimeHistory,
} from '../../domain/index.js';
import { totalsIn } from './daily-totals.js';
import { RecordedHistory } from './recorded-history.js';
import { rollupOf } from './rollup-rows.js';
import { UptimeProjection } from './uptime-projection.js';
import { openTables, UPTIME_TABLES } from './uptime-tables.js';

/** Response times of samples with a response, in milliseconds with fractions, accurate to 1/32 (3.2 %). */
export interface ResponseTimes {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface ErrorCount {
  /** Short key that groups similar errors; `other` once there are too many keys. */
  readonly kind: string;
  /** Number of samples with such an error or warning. */
  readonly count: number;
}

export const uptimeReadModel: ReadModelDefinition = {
  name: 'uptime',
  version: 2,
  streamNamePrefixes: [SERVICE_UPTIME_PREFIX, PROBE_SAMPLES_PREFIX],
  tables: UPTIME_TABLES,
  apply: (tables, events) => new UptimeProjection(openTables(tables)).apply(events),
};

/** {@link UptimeHistory} in LMDB tables. */
export class UptimeReadModel extends RecordedHistory implements UptimeHistory {
  constructor(tables: ReadModelTables) {
    super(openTables(tables));
  }

  finalUntil(service: string): number | undefined {
    const last = this.lastProbed(service);
    return last === undefined ? undefined : startOf('day', last);
  }

  totalsIn(service: string, window: TimeRange): StatusTotals {
    return totalsIn(this.tables, service, window);
  }

  /** Undefined if no sample of the window has a response. The edges are rounded outwards as in {@link rollupOf}. */
  responseTimes(service: string, window: TimeRange): ResponseTimes | undefined {
    const { responseMicros } = rollupOf(this.tables.rollups, service, window);
    const quantiles = responseMicros.quantiles([0.5, 0.95, 0.99]);
    if (!quantiles) return undefined;
    const [p50 = 0, p95 = 0, p99 = 0] = quantiles.map((micros) => micros / 1_000);
    return { count: responseMicros.count, p50, p95, p99 };
  }

  /** Most frequent first; the edges as in {@link responseTimes}. */
  errorKinds(service: string, window: TimeRange): ErrorCount[] {
    const { errors } = rollupOf(this.tables.rollups, service, window);
    return [...errors]
      .map(([kind, count]) => ({ kind, count }))
      .sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
  }
}
