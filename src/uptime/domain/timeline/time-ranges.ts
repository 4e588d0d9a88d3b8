import { type ProbingRules } from '../samples/probes-recorded.js';
import { type Sample } from '../samples/sample.js';

/** A stretch of time in milliseconds since 1970: `from` belongs to it, `to` does not. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Longest time between the beginnings of two samples, in milliseconds, that still counts as probed: two intervals and a timeout.
 * A probe that takes all of its timeout moves the next one by less than an interval and a timeout; the other interval is room for
 * one probe that was missed or late.
 */
export function gapTolerance({ intervalMs, timeoutMs }: Pick<ProbingRules, 'intervalMs' | 'timeoutMs'>): number {
  return 2 * intervalMs + timeoutMs;
}

/**
 * The time that samples tell about: from a sample to the next one that follows within the tolerance. A lone sample is a span
 * without length: it tells of one moment, and a later one may join it.
 *
 * @param samples in order of time
 */
export function coverageOf(samples: readonly Pick<Sample, 'at'>[], toleranceMs: number): TimeRange[] {
  const spans: TimeRange[] = [];
  for (const { at } of samples) {
    const last = spans.at(-1);
    if (last && at - last.to <= toleranceMs) spans[spans.length - 1] = { from: last.from, to: at };
    else spans.push({ from: at, to: at });
  }
  return spans;
}

/** Makes one of spans that overlap or touch. @returns in order, disjoint */
export function mergeTimeRanges(spans: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (!last || span.from > last.to) merged.push(span);
    else if (span.to > last.to) merged[merged.length - 1] = { from: last.from, to: span.to };
  }
  return merged;
}

/**
 * Adds a span, and makes one of those that touch or are no further apart than the tolerance.
 *
 * @param spans in order, none within the tolerance of the next unless it was joined under a smaller one
 * @returns the same, with the span in its place
 */
export function addTimeRange(spans: readonly TimeRange[], added: TimeRange, toleranceMs: number): TimeRange[] {
  const before: TimeRange[] = [];
  const after: TimeRange[] = [];
  let { from, to } = added;
  for (const span of spans) {
    if (span.to < added.from - toleranceMs) before.push(span);
    else if (span.from > added.to + toleranceMs) after.push(span);
    else {
      from = Math.min(from, span.from);
      to = Math.max(to, span.to);
    }
  }
  return [...before, { from, to }, ...after];
}
