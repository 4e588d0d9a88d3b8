import { type TimeRange } from '../../domain/index.js';
import { spanOf } from './recorded-history.js';
import { type UptimeTables } from './uptime-tables.js';

/**
 * Adds a range, merged with the ranges within the tolerance. Ranges may arrive late and overlap.
 *
 * @returns first instant at which the coverage has changed; undefined if it has not
 */
export function addCoverage(
  { covered }: UptimeTables,
  service: string,
  added: TimeRange,
  toleranceMs: number,
): number | undefined {
  let { from, to } = added;
  const merged: TimeRange[] = [];
  for (const row of covered.getRange({ start: [service, added.to + toleranceMs], end: [service], reverse: true })) {
    const span = spanOf(row);
    if (span.to < added.from - toleranceMs) break;
    merged.push(span);
    from = Math.min(from, span.from);
    to = Math.max(to, span.to);
  }
  const changedFrom = firstOutside({ from, to }, merged.toReversed());
  if (changedFrom === undefined && merged.length > 0) return undefined;
  for (const range of merged) covered.removeSync([service, range.from]);
  covered.putSync([service, from], to);
  return changedFrom ?? from;
}

/** First instant of a range outside the others, which are in order and disjoint. */
function firstOutside({ from, to }: TimeRange, others: readonly TimeRange[]): number | undefined {
  let at = from;
  for (const other of others) {
    if (other.from > at) return at;
    at = Math.max(at, other.to);
  }
  return at < to ? at : undefined;
}
