import { type ProbingRules } from '../samples/probes-recorded.js';
import { type Sample } from '../samples/sample.js';

/** Milliseconds since 1970; `from` is inclusive, `to` exclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Maximum time between the starts of two samples that still counts as probed, in milliseconds: two intervals and a
 * timeout. A probe that uses its whole timeout delays the next one by less than an interval and a timeout; the second
 * interval allows for one missed or late probe.
 */
export function maxSampleGapMs({ intervalMs, timeoutMs }: Pick<ProbingRules, 'intervalMs' | 'timeoutMs'>): number {
  return 2 * intervalMs + timeoutMs;
}

/**
 * Time ranges covered by samples: from each sample to the next one within the maximum gap. A single sample is an empty
 * range, which a later sample may extend.
 *
 * @param samples in order of time
 */
export function coveredRanges(samples: readonly Pick<Sample, 'at'>[], maxGapMs: number): TimeRange[] {
  const ranges: TimeRange[] = [];
  for (const { at } of samples) {
    const last = ranges.at(-1);
    if (last && at - last.to <= maxGapMs) ranges[ranges.length - 1] = { from: last.from, to: at };
    else ranges.push({ from: at, to: at });
  }
  return ranges;
}

/** Merges overlapping and adjacent ranges. @returns in order, disjoint */
export function mergeTimeRanges(ranges: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (!last || range.from > last.to) merged.push(range);
    else if (range.to > last.to) merged[merged.length - 1] = { from: last.from, to: range.to };
  }
  return merged;
}

/**
 * Inserts a range and merges it with those at most `maxGapMs` away.
 *
 * @param ranges in order; more than `maxGapMs` apart unless they were added with a smaller one
 */
export function addTimeRange(ranges: readonly TimeRange[], added: TimeRange, maxGapMs: number): TimeRange[] {
  const before: TimeRange[] = [];
  const after: TimeRange[] = [];
  let { from, to } = added;
  for (const range of ranges) {
    if (range.to < added.from - maxGapMs) before.push(range);
    else if (range.from > added.to + maxGapMs) after.push(range);
    else {
      from = Math.min(from, range.from);
      to = Math.max(to, range.to);
    }
  }
  return [...before, { from, to }, ...after];
}
