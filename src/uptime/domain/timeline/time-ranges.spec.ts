import fc from 'fast-check';
import { coverageOf, gapTolerance, mergeTimeRanges, type TimeRange, addTimeRange } from './time-ranges.js';

describe('the time that samples cover', () => {
  it('goes from a sample to the next one within the tolerance, and no further', () => {
    expect(coverageOf([{ at: 0 }, { at: 10 }, { at: 20 }, { at: 46 }, { at: 56 }], 25)).toEqual([
      { from: 0, to: 20 },
      { from: 46, to: 56 },
    ]);
  });

  it('bears one missed probe, and a probe that takes all of its timeout', () => {
    expect(gapTolerance({ intervalMs: 10_000, timeoutMs: 5_000 })).toBe(25_000);
  });
});

describe('adding a span', () => {
  it('joins those that it connects', () => {
    const spans = [
      { from: 0, to: 10 },
      { from: 30, to: 40 },
      { from: 90, to: 95 },
    ];
    expect(addTimeRange(spans, { from: 12, to: 28 }, 2)).toEqual([
      { from: 0, to: 40 },
      { from: 90, to: 95 },
    ]);
  });

  it('gives the same spans in whatever order they come, as windows of two replicas do', () => {
    const spans = fc.array(fc.record({ from: fc.nat(200), length: fc.nat(20) }), { maxLength: 10 });
    fc.assert(
      fc.property(spans, fc.nat(5), (given, tolerance) => {
        const add = (list: typeof given): unknown =>
          list.reduce<{ from: number; to: number }[]>(
            (merged, { from, length }) => addTimeRange(merged, { from, to: from + length }, tolerance),
            [],
          );
        expect(add(given)).toEqual(add([...given].reverse()));
      }),
    );
  });
});

describe('merging spans', () => {
  it('gives what adding them one by one gives, in whatever order they are', () => {
    const spans = fc.array(
      fc.record({ from: fc.nat(100), length: fc.nat(20) }).map(({ from, length }) => ({ from, to: from + length })),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(spans, (given) => {
        const added = given.reduce<TimeRange[]>((merged, span) => addTimeRange(merged, span, 0), []);
        expect(mergeTimeRanges(given)).toEqual(added);
        expect(mergeTimeRanges([...given].reverse())).toEqual(added);
      }),
    );
  });
});
