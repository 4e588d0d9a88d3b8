import { type TimeRange } from '../timeline/time-ranges.js';

/** The stretches of time that samples are rolled up by, all in UTC, from the finest to the coarsest. */
export const ROLLUP_UNITS = ['minute', 'hour', 'day'] as const;
export type RollupUnit = (typeof ROLLUP_UNITS)[number];

export const DAY_MS = 86_400_000;
export const LENGTH_MS: Readonly<Record<RollupUnit, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS };

const MINUTES_KEPT_MS = 2 * DAY_MS;
const HOURS_KEPT_MS = 60 * DAY_MS;

/** The beginning of the minute, hour or day that a moment in milliseconds since 1970 lies in. */
export function startOf(unit: RollupUnit, at: number): number {
  return Math.floor(at / LENGTH_MS[unit]) * LENGTH_MS[unit];
}

/**
 * From which time on rollups of a unit are kept: minutes for two days and hours for sixty, days for ever. It depends on the samples
 * and not on the clock, so that building the rollups anew gives the same.
 *
 * @param newest when the service's newest sample was taken
 */
export function keptFrom(unit: RollupUnit, newest: number): number {
  if (unit === 'minute') return startOf('hour', newest) - MINUTES_KEPT_MS;
  return unit === 'hour' ? startOf('day', newest) - HOURS_KEPT_MS : -Infinity;
}

/** A stretch of whole minutes, hours or days. */
export interface RollupRange extends TimeRange {
  readonly unit: RollupUnit;
}

/**
 * The fewest stretches of rollups that hold a window, in order. Its edges are widened to whole minutes where those are kept, else to
 * whole hours, else to whole days.
 *
 * @param newest when the service's newest sample was taken
 */
export function rollupsOf(window: TimeRange, newest: number): RollupRange[] {
  const finestAt = (at: number): RollupUnit => ROLLUP_UNITS.find((unit) => at >= keptFrom(unit, newest)) ?? 'day';
  const spans: RollupRange[] = [];
  if (window.to <= window.from) return spans;
  const to = startOf(finestAt(window.to - 1), window.to - 1) + LENGTH_MS[finestAt(window.to - 1)];
  for (let at = startOf(finestAt(window.from), window.from); at < to;) {
    const unit =
      ROLLUP_UNITS.findLast((candidate) => startOf(candidate, at) === at && at + LENGTH_MS[candidate] <= to) ??
      'minute';
    const end = unit === 'day' ? startOf('day', to) : at + LENGTH_MS[unit];
    const last = spans.at(-1);
    if (last?.unit === unit) spans[spans.length - 1] = { ...last, to: end };
    else spans.push({ unit, from: at, to: end });
    at = end;
  }
  return spans;
}
