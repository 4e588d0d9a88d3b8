import { type TimeRange } from '../../domain/index.js';
import { spanOf } from './recorded-history.js';
import { type UptimeTables } from './uptime-tables.js';

/**
 * Puts a span in, joined with those that it touches or comes within the tolerance of; windows may come late or overlap.
 *
 * @returns from which moment on what is covered is another than before; undefined where it is the same
 */
export function addCoverage(
  { covered }: UptimeTables,
  service: string,
  added: TimeRange,
  toleranceMs: number,
): number | undefined {
  let { from, to } = added;
  const joined: TimeRange[] = [];
  for (const row of covered.getRange({ start: [service, added.to + toleranceMs], end: [service], reverse: true })) {
    const span = spanOf(row);
    if (span.to < added.from - toleranceMs) break;
    joined.push(span);
    from = Math.min(from, span.from);
    to = Math.max(to, span.to);
  }
  const changedFrom = firstOutside({ from, to }, joined.toReversed());
  if (changedFrom === undefined && joined.length > 0) return undefined;
  for (const span of joined) covered.removeSync([service, span.from]);
  covered.putSync([service, from], to);
  return changedFrom ?? from;
}

/** The first moment of a span that lies in none of others, which are in order and disjoint. */
function firstOutside({ from, to }: TimeRange, others: readonly TimeRange[]): number | undefined {
  let at = from;
  for (const other of others) {
    if (other.from > at) return at;
    at = Math.max(at, other.to);
  }
  return at < to ? at : undefined;
}
