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
import { firstProbed, knownIn, lastProbed } from './recorded-history.js';
import { type UptimeTables } from './uptime-tables.js';

/**
 * Brings the totals of a service's days up to date. There is a row for the end of each day of which something is known, from the day of
 * the oldest sample to the one before that of the newest, with what is known up to then: so a window of any length takes two rows and
 * the parts of days at its edges. The day of the newest sample has no row: it is not over.
 *
 * @param from what is known has changed since this moment, and not before
 */
export function updateDailyTotals(tables: UptimeTables, service: string, from: number): void {
  const first = firstProbed(tables, service);
  const last = lastProbed(tables, service);
  if (first === undefined || last === undefined) return;
  const days: TimeRange = { from: startOf('day', Math.max(from, first)), to: startOf('day', last) };
  const outdated = [...tables.totals.getKeys({ start: [service, days.from + 1], end: [service, Infinity] })];
  for (const key of outdated) tables.totals.removeSync(key);
  if (days.to <= days.from) return;
  const known = lastRow(tables, service, days.from)?.known ?? ZERO_TOTALS;
  for (const day of totalsByDay(statusIntervals(days, knownIn(tables, service, days)), known))
    tables.totals.putSync([service, day.end], day.totals);
}

/** The totals of a window: of what is recorded, exactly what its intervals add up to, in a time that does not depend on its length. */
export function totalsIn(tables: UptimeTables, service: string, window: TimeRange): StatusTotals {
  const partly = (part: TimeRange): StatusTotals =>
    part.to <= part.from ? NO_TOTALS : sumIntervals(statusIntervals(part, knownIn(tables, service, part)));
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

/** The stretch of whole days within others that the rows tell all about; undefined where there is none. */
function countedDays(tables: UptimeTables, service: string, days: TimeRange): CountedDays | undefined {
  if (days.to <= days.from) return undefined;
  const last = lastRow(tables, service, days.to);
  if (!last || last.end <= days.from) return undefined;
  const before = lastRow(tables, service, days.from);
  if (before) return { from: days.from, to: last.end, before: before.known, after: last.known };
  const [first] = tables.totals.getKeys({ start: [service, days.from], end: [service, Infinity], limit: 1 });
  return { from: (first?.[1] ?? last.end) - DAY_MS, to: last.end, before: ZERO_TOTALS, after: last.known };
}

/** The row of the last day that is over at a moment. */
function lastRow(
  { totals }: UptimeTables,
  service: string,
  at: number,
): { readonly end: number; readonly known: CumulativeTotals } | undefined {
  const exact = totals.get([service, at]);
  if (exact) return { end: at, known: exact };
  const [before] = totals.getRange({ start: [service, at], end: [service], reverse: true, limit: 1 });
  return before && { end: before.key[1] ?? at, known: before.value };
}
