import { type StatusInterval } from '../timeline/intervals.js';
import { DAY_MS, startOf } from './rollup-units.js';
import { type StatusTotals } from '../timeline/status-totals.js';

/**
 * Milliseconds that are known of a service, from the beginning of its history to the beginning of a day (UTC): up, degraded and down,
 * and within maintenance up, degraded, down and unknown. What is unknown outside of maintenance is the rest of the time.
 */
export type CumulativeTotals = readonly number[];

export const ZERO_TOTALS: CumulativeTotals = [0, 0, 0, 0, 0, 0, 0];

const OUTSIDE = { up: 0, degraded: 1, down: 2, unknown: undefined } as const;
const WITHIN_MAINTENANCE = { up: 3, degraded: 4, down: 5, unknown: 6 } as const;

/** What is known up to the end of a day. */
export interface DailyTotals {
  readonly end: number;
  readonly known: CumulativeTotals;
}

/**
 * Adds intervals up to the end of each day. Days of which nothing is known are left out: a service that was not probed for years takes
 * no room for them.
 *
 * @param intervals in order, up to the end of a day
 * @param before what is known up to their beginning
 */
export function totalsByDay(intervals: readonly StatusInterval[], before: CumulativeTotals): DailyTotals[] {
  const known = [...before];
  const days: DailyTotals[] = [];
  let end: number | undefined;
  for (const { status, maintenance, from, to } of intervals) {
    const index = maintenance ? WITHIN_MAINTENANCE[status] : OUTSIDE[status];
    if (index === undefined) continue;
    for (let at = from; at < to;) {
      const dayEnd = startOf('day', at) + DAY_MS;
      if (end !== undefined && end !== dayEnd) days.push({ end, known: [...known] });
      end = dayEnd;
      const partEnd = Math.min(to, dayEnd);
      known[index] = (known[index] ?? 0) + partEnd - at;
      at = partEnd;
    }
  }
  return end === undefined ? days : [...days, { end, known }];
}

/** The totals of a stretch of time, from what was known at its end and at its beginning. */
export function totalsBetween(after: CumulativeTotals, before: CumulativeTotals, lengthMs: number): StatusTotals {
  const [up = 0, degraded = 0, down = 0, ...maintained] = after.map((known, index) => known - (before[index] ?? 0));
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
