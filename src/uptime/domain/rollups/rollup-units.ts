import { type TimeRange } from '../timeline/time-ranges.js';

/** Resolutions of rollups, in UTC, from finest to coarsest. */
export const ROLLUP_UNITS = ['minute', 'hour', 'day'] as const;
export type RollupUnit = (typeof ROLLUP_UNITS)[number];

export const DAY_MS = 86_400_000;
export const UNIT_MS: Readonly<Record<RollupUnit, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS };

const MINUTE_RETENTION_MS = 2 * DAY_MS;
const HOUR_RETENTION_MS = 60 * DAY_MS;

/** Start of the minute, hour or day of a time in milliseconds since 1970. */
export function startOf(unit: RollupUnit, at: number): number {
  return Math.floor(at / UNIT_MS[unit]) * UNIT_MS[unit];
}

/**
 * Start of the retention period of a unit: minutes are kept for two days, hours for sixty, days forever. Depends on the
 * samples instead of the clock, so that a rebuild gives the same rollups.
 *
 * @param newest time of the service's newest sample
 */
export function retentionStart(unit: RollupUnit, newest: number): number {
  if (unit === 'minute') return startOf('hour', newest) - MINUTE_RETENTION_MS;
  return unit === 'hour' ? startOf('day', newest) - HOUR_RETENTION_MS : -Infinity;
}

/** A range of whole minutes, hours or days. */
export interface RollupRange extends TimeRange {
  readonly unit: RollupUnit;
}

/**
 * The smallest set of rollup ranges that covers a window, in order. Its edges are rounded outwards to the finest unit
 * still retained.
 *
 * @param newest time of the service's newest sample
 */
export function rollupRanges(window: TimeRange, newest: number): RollupRange[] {
  const finestAt = (at: number): RollupUnit => ROLLUP_UNITS.find((unit) => at >= retentionStart(unit, newest)) ?? 'day';
  const ranges: RollupRange[] = [];
  if (window.to <= window.from) return ranges;
  const to = startOf(finestAt(window.to - 1), window.to - 1) + UNIT_MS[finestAt(window.to - 1)];
  for (let at = startOf(finestAt(window.from), window.from); at < to;) {
    const unit =
      ROLLUP_UNITS.findLast((candidate) => startOf(candidate, at) === at && at + UNIT_MS[candidate] <= to) ?? 'minute';
    const end = unit === 'day' ? startOf('day', to) : at + UNIT_MS[unit];
    const last = ranges.at(-1);
    if (last?.unit === unit) ranges[ranges.length - 1] = { ...last, to: end };
    else ranges.push({ unit, from: at, to: end });
    at = end;
  }
  return ranges;
}
