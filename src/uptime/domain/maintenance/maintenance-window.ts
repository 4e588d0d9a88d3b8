import { knownOccurrencesIn } from './recurrence-calendar.js';
import { type Recurrence } from './recurrence.js';
import { mergeTimeRanges, type TimeRange } from '../timeline/time-ranges.js';

/** Time in which a service may fail on purpose, as it was scheduled, and whether that was taken back. */
export interface MaintenanceWindow {
  readonly id: string;
  /** When it begins, in milliseconds since 1970; of a recurring one, the moment before which nothing of it is. */
  readonly from: number;
  /** When it ends, exclusive; absent for a recurring one. */
  readonly to?: number;
  /** Absent for a single one. */
  readonly recurrence?: Recurrence;
  readonly reason: string;
  /** Who scheduled it: the caller's id. */
  readonly scheduledBy: string;
  /** Who ended it, and when, in milliseconds since 1970: from then on there is no maintenance; what had passed stays. */
  readonly cancelled?: { readonly by: string; readonly at: number };
}

/** An occurrence of a window, as far as it was not cancelled. */
export interface MaintenanceOccurrence extends TimeRange {
  readonly window: MaintenanceWindow;
}

/** The occurrences of a window that touch a span; a single one has one. What was cancelled is cut off. */
export function occurrencesOf(window: MaintenanceWindow, span: TimeRange): MaintenanceOccurrence[] {
  const { from, to, recurrence, cancelled } = window;
  const end = cancelled?.at ?? Infinity;
  if (end <= span.from || from >= span.to) return [];
  const scheduled = recurrence ? knownOccurrencesIn({ from, recurrence }, span) : [{ from, to: to ?? from }];
  return scheduled
    .map((occurrence) => ({ window, from: occurrence.from, to: Math.min(occurrence.to, end) }))
    .filter((occurrence) => occurrence.from < Math.min(occurrence.to, span.to) && occurrence.to > span.from);
}

/** When there was maintenance of any window, as far as it touches a span; in order, disjoint. */
export function maintenanceIn(windows: readonly MaintenanceWindow[], span: TimeRange): TimeRange[] {
  return mergeTimeRanges(
    windows.flatMap((window) => occurrencesOf(window, span).map(({ from, to }) => ({ from, to }))),
  );
}

/** The maintenance at a moment; of several the one that ends last. */
export function maintenanceAt(windows: readonly MaintenanceWindow[], time: number): MaintenanceOccurrence | undefined {
  const current = windows.flatMap((window) => occurrencesOf(window, { from: time, to: time + 1 }));
  return current.reduce<MaintenanceOccurrence | undefined>(
    (last, occurrence) => (last && last.to >= occurrence.to ? last : occurrence),
    undefined,
  );
}

const DAY_MS = 86_400_000;
/** Occurrences are looked for so far ahead, so much at a time. */
const AHEAD_MS = 366 * DAY_MS;
const STEP_MS = 30 * DAY_MS;

/** The occurrences that are not over at a moment, the first ones: of a recurring window those of the year that follows. */
export function upcomingOf(window: MaintenanceWindow, now: number, limit: number): MaintenanceOccurrence[] {
  if (!window.recurrence) return occurrencesOf(window, { from: now, to: Number.MAX_SAFE_INTEGER }).slice(0, limit);
  const upcoming: MaintenanceOccurrence[] = [];
  for (let from = now; from < now + AHEAD_MS && upcoming.length < limit; from += STEP_MS) {
    const found = occurrencesOf(window, { from, to: Math.min(from + STEP_MS, now + AHEAD_MS) });
    upcoming.push(...found.filter((occurrence) => from === now || occurrence.from >= from));
  }
  return upcoming.slice(0, limit);
}
