import { DAY_MS } from '../../../common/durations.js';
import { cachedOccurrencesIn } from './occurrence-cache.js';
import { type Recurrence } from './recurrence.js';
import { mergeTimeRanges, type TimeRange } from '../timeline/time-ranges.js';

/** Planned downtime of a service, single or recurring, possibly cancelled. */
export interface MaintenanceWindow {
  readonly id: string;
  /** Start, in milliseconds since 1970; no occurrence of a recurring window is earlier. */
  readonly from: number;
  /** End, exclusive; absent for a recurring window. */
  readonly to?: number;
  /** Absent for a single window. */
  readonly recurrence?: Recurrence;
  readonly reason: string;
  /** Id of the caller. */
  readonly scheduledBy: string;
  /** Cancelled from `at` on, in milliseconds since 1970, by a caller's id; the earlier part stays. */
  readonly cancelled?: { readonly by: string; readonly at: number };
}

/** The part of an occurrence that was not cancelled. */
export interface MaintenanceOccurrence extends TimeRange {
  readonly window: MaintenanceWindow;
}

/** The occurrences of a window that overlap a range, cut off at the cancellation. */
export function occurrencesOf(window: MaintenanceWindow, range: TimeRange): MaintenanceOccurrence[] {
  const { from, to, recurrence, cancelled } = window;
  const end = cancelled?.at ?? Infinity;
  if (end <= range.from || from >= range.to) return [];
  const scheduled = recurrence ? cachedOccurrencesIn({ from, recurrence }, range) : [{ from, to: to ?? from }];
  return scheduled
    .map((occurrence) => ({ window, from: occurrence.from, to: Math.min(occurrence.to, end) }))
    .filter((occurrence) => occurrence.from < Math.min(occurrence.to, range.to) && occurrence.to > range.from);
}

/** The union of the windows' occurrences that overlap a range; in order, disjoint. */
export function maintenanceIn(windows: readonly MaintenanceWindow[], range: TimeRange): TimeRange[] {
  return mergeTimeRanges(
    windows.flatMap((window) => occurrencesOf(window, range).map(({ from, to }) => ({ from, to }))),
  );
}

/** The occurrence at a time; of several, the one that ends last. */
export function maintenanceAt(windows: readonly MaintenanceWindow[], time: number): MaintenanceOccurrence | undefined {
  const current = windows.flatMap((window) => occurrencesOf(window, { from: time, to: time + 1 }));
  return current.reduce<MaintenanceOccurrence | undefined>(
    (last, occurrence) => (last && last.to >= occurrence.to ? last : occurrence),
    undefined,
  );
}

/** How far ahead upcoming occurrences are searched, and in which steps. */
const HORIZON_MS = 366 * DAY_MS;
const STEP_MS = 30 * DAY_MS;

/** The first occurrences that end after `now`; of a recurring window, within the following year. */
export function upcomingOccurrences(window: MaintenanceWindow, now: number, limit: number): MaintenanceOccurrence[] {
  if (!window.recurrence) return occurrencesOf(window, { from: now, to: Number.MAX_SAFE_INTEGER }).slice(0, limit);
  const upcoming: MaintenanceOccurrence[] = [];
  for (let from = now; from < now + HORIZON_MS && upcoming.length < limit; from += STEP_MS) {
    const found = occurrencesOf(window, { from, to: Math.min(from + STEP_MS, now + HORIZON_MS) });
    upcoming.push(...found.filter((occurrence) => from === now || occurrence.from >= from));
  }
  return upcoming.slice(0, limit);
}
