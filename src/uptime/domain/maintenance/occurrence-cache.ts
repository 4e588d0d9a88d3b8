import { LRUCache } from 'lru-cache';
import { MAX_COUNT_SPAN_MS, occurrencesIn } from './recurrence-occurrences.js';
import { isRrule, rruleCount } from './recurrence-rrule.js';
import { MAX_OCCURRENCES, type RecurrenceSeries } from './recurrence.js';
import { type TimeRange } from '../timeline/time-ranges.js';

/** Length of a cached page; a rule with COUNT has a single page. */
const PAGE_MS = MAX_OCCURRENCES.withinMs;
/** Cached occurrences of all recurrences; some tens of bytes each. */
const MAX_CACHED_OCCURRENCES = 100_000;

/** Start times by page and recurrence. Entries never expire: recurrences are immutable. */
const pages = new LRUCache<string, readonly number[]>({
  maxSize: MAX_CACHED_OCCURRENCES,
  sizeCalculation: (starts) => starts.length + 1,
});

/**
 * All occurrences that overlap a range, as `occurrencesIn` gives them; cached by page, because expanding a rule takes
 * milliseconds.
 */
export function cachedOccurrencesIn(series: RecurrenceSeries, range: TimeRange): TimeRange[] {
  const { from, recurrence } = series;
  const { rule, timezone, durationMs, until = Infinity } = recurrence;
  const within = { from: Math.max(from, range.from - durationMs + 1), to: Math.min(until, range.to) };
  if (within.to <= within.from) return [];
  const key = JSON.stringify([from, rule, timezone, until]);
  return pagesOf(series, within)
    .flatMap((page) => startsOn(page, key, series))
    .filter((start) => start >= within.from && start < within.to)
    .map((start) => ({ from: start, to: start + durationMs }));
}

function pagesOf({ from, recurrence: { rule } }: RecurrenceSeries, range: TimeRange): TimeRange[] {
  if (isRrule(rule) && rruleCount(rule) !== undefined) return [{ from, to: from + MAX_COUNT_SPAN_MS }];
  const found: TimeRange[] = [];
  for (let page = Math.floor(range.from / PAGE_MS); page * PAGE_MS < range.to; page++)
    found.push({ from: page * PAGE_MS, to: (page + 1) * PAGE_MS });
  return found;
}

function startsOn(page: TimeRange, key: string, { from, recurrence }: RecurrenceSeries): readonly number[] {
  const name = `${page.from} ${key}`;
  const cached = pages.get(name);
  if (cached) return cached;
  const starts = occurrencesIn({ from, recurrence: { ...recurrence, durationMs: 1 } }, page, MAX_OCCURRENCES.count).map(
    (occurrence) => occurrence.from,
  );
  pages.set(name, starts);
  return starts;
}
