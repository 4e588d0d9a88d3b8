import {
  ErrorKindCache,
  retentionStart,
  UNIT_MS,
  Rollup,
  ROLLUP_UNITS,
  type RollupUnit,
  rollupRanges,
  type Sample,
  type TimeRange,
  startOf,
} from '../../domain/index.js';
import { type UptimeTables } from './uptime-tables.js';

type RollupTables = UptimeTables['rollups'];

/** Start of the newest minute with a rollup; undefined for a service without samples. */
function newestMinute({ minute }: RollupTables, service: string): number | undefined {
  const [key] = minute.getKeys({ start: [service, Infinity], end: [service], reverse: true, limit: 1 });
  return key?.[1];
}

/** Rows of one service that a batch of events changes. */
class ServiceRollups {
  readonly #rows: Readonly<Record<RollupUnit, Map<number, Rollup>>> = {
    minute: new Map(),
    hour: new Map(),
    day: new Map(),
  };
  #newest: number;

  constructor(
    private readonly tables: RollupTables,
    private readonly service: string,
  ) {
    this.#newest = newestMinute(tables, service) ?? -Infinity;
  }

  add(samples: readonly Sample[], kinds: ErrorKindCache): void {
    this.#newest = Math.max(this.#newest, samples.at(-1)?.at ?? -Infinity);
    for (const unit of ROLLUP_UNITS) {
      const from = retentionStart(unit, this.#newest);
      let row: Rollup | undefined;
      let end = -Infinity;
      for (const sample of samples) {
        if (sample.at < from) continue;
        if (!row || sample.at >= end) {
          const start = startOf(unit, sample.at);
          end = start + UNIT_MS[unit];
          row = this.#rowOf(unit, start);
        }
        row.add(sample, sample.error === undefined ? undefined : kinds.of(sample.error));
      }
    }
  }

  /** Writes the rows, and removes expired ones. */
  write(): void {
    for (const unit of ROLLUP_UNITS) {
      const table = this.tables[unit];
      const from = retentionStart(unit, this.#newest);
      const expired =
        from === -Infinity ? [] : [...table.getKeys({ start: [this.service], end: [this.service, from] })];
      for (const key of expired) table.removeSync(key);
      for (const [start, row] of this.#rows[unit])
        if (start >= from) table.putSync([this.service, start], row.toStored());
    }
  }

  #rowOf(unit: RollupUnit, start: number): Rollup {
    const touched = this.#rows[unit].get(start);
    if (touched) return touched;
    const row = new Rollup();
    const stored = this.tables[unit].get([this.service, start]);
    if (stored) row.merge(stored);
    this.#rows[unit].set(start, row);
    return row;
  }
}

/** Rolls up the samples of a batch of events; each row is read and written once. */
export class RollupBatch {
  readonly #services = new Map<string, ServiceRollups>();
  readonly #kinds = new ErrorKindCache();

  constructor(private readonly tables: RollupTables) {}

  /** @param samples of one event, ordered by time */
  add(service: string, samples: readonly Sample[]): void {
    const rollups = this.#services.get(service) ?? new ServiceRollups(this.tables, service);
    this.#services.set(service, rollups);
    rollups.add(samples, this.#kinds);
  }

  /** Call once, at the end of the batch. */
  write(): void {
    for (const rollups of this.#services.values()) rollups.write();
  }
}

/** The samples of a window in one rollup, from as few rows as possible; {@link rollupRanges} defines the edges. */
export function rollupOf(tables: RollupTables, service: string, window: TimeRange): Rollup {
  const merged = new Rollup();
  const newest = newestMinute(tables, service);
  if (newest === undefined) return merged;
  for (const { unit, from, to } of rollupRanges(window, newest)) {
    for (const { value } of tables[unit].getRange({ start: [service, from], end: [service, to] })) merged.merge(value);
  }
  return merged;
}
