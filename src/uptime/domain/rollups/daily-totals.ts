import { type StatusInterval } from '../timeline/intervals.js';
import { DAY_MS, startOf } from './rollup-units.js';
import { type StatusTotals } from '../timeline/status-totals.js';

/**
 * Milliseconds by status from the beginning of a service's history to the beginning of a day (UTC): up, degraded and
 * down; then up, degraded, down and unknown during maintenance. Unknown time outside maintenance is the remainder.
 */
export type CumulativeTotals = readonly number[];

export const ZERO_TOTALS: CumulativeTotals = [0, 0, 0, 0, 0, 0, 0];

const OUTSIDE = { up: 0, degraded: 1, down: 2, unknown: undefined } as const;
const WITHIN_MAINTENANCE = { up: 3, degraded: 4, down: 5, unknown: 6 } as const;

/** Totals up to the end of a day. */
export interface DailyTotals {
  readonly end: number;
  readonly totals: CumulativeTotals;
}

/**
 * Accumulates intervals by day. Days that are entirely unknown are left out, so that years without probes take no
 * space.
 *
 * @param intervals in order, up to the end of a day
 * @param before totals up to the beginning of the intervals
 */
export function totalsByDay(intervals: readonly StatusInterval[], before: CumulativeTotals): DailyTotals[] {
  const totals = [...before];
  const days: DailyTotals[] = [];
  let end: number | undefined;
  for (const { status, maintenance, from, to } of intervals) {
    const index = maintenance ? WITHIN_MAINTENANCE[status] : OUTSIDE[status];
    if (index === undefined) continue;
    for (let at = from; at < to;) {
      const dayEnd = startOf('day', at) + DAY_MS;
      if (end !== undefined && end !== dayEnd) days.push({ end, totals: [...totals] });
      end = dayEnd;
      const partEnd = Math.min(to, dayEnd);
      totals[index] = (totals[index] ?? 0) + partEnd - at;
      at = partEnd;
    }
  }
  return end === undefined ? days : [...days, { end, totals }];
}

/** Totals of a time range, from the cumulative totals at its end and at its beginning. */
export function totalsBetween(after: CumulativeTotals, before: CumulativeTotals, lengthMs: number): StatusTotals {
  const [up = 0, degraded = 0, down = 0, ...maintained] = after.map((total, index) => total - (before[index] ?? 0));
  const [maintainedUp = 0, maintainedDegraded = 0, maintainedDown = 0, maintainedUnknown = 0] = maintained;
  const maintenance = {
    up: maintainedUp,
    degraded: maintainedDegraded,
    down: maintainedDown,
    unknown: maintainedUnknown,
  };
  const known = up + degraded + down + maintained.reduce((sum, milliseconds) => sum + milliseconds, 0);
  return { up, degraded, down, unknown: lengthMs - known, maintenance };
}
