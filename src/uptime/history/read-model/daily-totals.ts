import {
  addTotals,
  DAY_MS,
  statusIntervals,
  type CumulativeTotals,
  NO_TOTALS,
  ZERO_TOTALS,
  type TimeRange,
  startOf,
  type StatusTotals,
  totalsBetween,
  totalsByDay,
  sumIntervals,
} from '../../domain/index.js';
import { RecordedHistory } from './recorded-history.js';
import { type UptimeTables } from './uptime-tables.js';

/**
 * Updates the cumulative daily totals of a service: one row for the end of each day with data, from the day of the
 * oldest sample to the day before the newest. A window of any length then takes two rows and the partial days at its
 * edges. The day of the newest sample has no row, because it is not finished.
 *
 * @param from earliest instant at which the history has changed
 */
export function updateDailyTotals(tables: UptimeTables, service: string, from: number): void {
  const history = new RecordedHistory(tables);
  const first = history.firstProbed(service);
  const last = history.lastProbed(service);
  if (first === undefined || last === undefined) return;
  const days: TimeRange = { from: startOf('day', Math.max(from, first)), to: startOf('day', last) };
  const outdated = [...tables.totals.getKeys({ start: [service, days.from + 1], end: [service, Infinity] })];
  for (const key of outdated) tables.totals.removeSync(key);
  if (days.to <= days.from) return;
  const previous = lastRow(tables, service, days.from)?.totals ?? ZERO_TOTALS;
  for (const day of totalsByDay(statusIntervals(days, history.in(service, days)), previous))
    tables.totals.putSync([service, day.end], day.totals);
}

/** Totals of the recorded intervals of a window, in time independent of its length. */
export function totalsIn(tables: UptimeTables, service: string, window: TimeRange): StatusTotals {
  const history = new RecordedHistory(tables);
  const partly = (part: TimeRange): StatusTotals =>
    part.to <= part.from ? NO_TOTALS : sumIntervals(statusIntervals(part, history.in(service, part)));
  const days = countedDays(tables, service, {
    from: startOf('day', window.from + DAY_MS - 1),
    to: startOf('day', window.to),
  });
  if (!days) return partly(window);
  const edges = addTotals(partly({ from: window.from, to: days.from }), partly({ from: days.to, to: window.to }));
  return addTotals(edges, totalsBetween(days.after, days.before, days.to - days.from));
}

interface CountedDays extends TimeRange {
  readonly before: CumulativeTotals;
  readonly after: CumulativeTotals;
}

/** Finished days within a range that the rows cover; undefined if there are none. */
function countedDays(tables: UptimeTables, service: string, days: TimeRange): CountedDays | undefined {
  if (days.to <= days.from) return undefined;
  const last = lastRow(tables, service, days.to);
  if (!last || last.end <= days.from) return undefined;
  const before = lastRow(tables, service, days.from);
  if (before) return { from: days.from, to: last.end, before: before.totals, after: last.totals };
  const [first] = tables.totals.getKeys({ start: [service, days.from], end: [service, Infinity], limit: 1 });
  return { from: (first?.[1] ?? last.end) - DAY_MS, to: last.end, before: ZERO_TOTALS, after: last.totals };
}

/** Row of the last day that has ended at an instant. */
function lastRow(
  { totals }: UptimeTables,
  service: string,
  at: number,
): { readonly end: number; readonly totals: CumulativeTotals } | undefined {
  const exact = totals.get([service, at]);
  if (exact) return { end: at, totals: exact };
  const [before] = totals.getRange({ start: [service, at], end: [service], reverse: true, limit: 1 });
  return before && { end: before.key[1] ?? at, totals: before.value };
}
