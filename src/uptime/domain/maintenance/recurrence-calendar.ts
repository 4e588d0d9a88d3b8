import { COUNTED_WITHIN_MS, occurrencesIn } from './recurrence-occurrences.js';
import { countOf, isRrule } from './recurrence-rrule.js';
import { MAX_OCCURRENCES, type Recurring } from './recurrence.js';
import { type TimeRange } from '../timeline/time-ranges.js';

/** A page of the calendar holds the occurrences that begin in so much time; of a rule that counts them, the one page holds all. */
const PAGE_MS = MAX_OCCURRENCES.withinMs;
/** Occurrences that are kept, of all recurrences; some tens of bytes each. */
const MAX_RETAINED = 100_000;

/** Beginnings by recurrence and page; the pages that were made first come first. A recurrence never changes, and so neither does its page. */
const pages = new Map<string, readonly number[]>();
let kept = 0;

/** All occurrences that touch a span, as `occurrencesIn` gives them; each page of time is worked out only once, as that takes milliseconds. */
export function knownOccurrencesIn(recurring: Recurring, span: TimeRange): TimeRange[] {
  const { from, recurrence } = recurring;
  const { rule, timezone, durationMs, until = Infinity } = recurrence;
  const within = { from: Math.max(from, span.from - durationMs + 1), to: Math.min(until, span.to) };
  if (within.to <= within.from) return [];
  const key = JSON.stringify([from, rule, timezone, until]);
  const occurrences: TimeRange[] = [];
  for (const page of pagesOf(recurring, within)) {
    for (const begins of beginningsOn(page, key, recurring))
      if (begins >= within.from && begins < within.to) occurrences.push({ from: begins, to: begins + durationMs });
  }
  return occurrences;
}

/** The pages that a span is on. */
function pagesOf({ from, recurrence: { rule } }: Recurring, span: TimeRange): TimeRange[] {
  if (isRrule(rule) && countOf(rule) !== undefined) return [{ from, to: from + COUNTED_WITHIN_MS }];
  const found: TimeRange[] = [];
  for (let page = Math.floor(span.from / PAGE_MS); page * PAGE_MS < span.to; page++)
    found.push({ from: page * PAGE_MS, to: (page + 1) * PAGE_MS });
  return found;
}

function beginningsOn(page: TimeRange, key: string, { from, recurrence }: Recurring): readonly number[] {
  const name = `${page.from} ${key}`;
  const known = pages.get(name);
  if (known) return known;
  const found = occurrencesIn({ from, recurrence: { ...recurrence, durationMs: 1 } }, page, MAX_OCCURRENCES.count).map(
    (occurrence) => occurrence.from,
  );
  pages.set(name, found);
  kept += found.length + 1;
  for (const [oldest, begins] of pages) {
    if (kept <= MAX_RETAINED) break;
    pages.delete(oldest);
    kept -= begins.length + 1;
  }
  return found;
}
