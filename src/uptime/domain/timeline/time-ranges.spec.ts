import fc from 'fast-check';
import { coveredRanges, maxSampleGapMs, mergeTimeRanges, type TimeRange, addTimeRange } from './time-ranges.js';

describe('coveredRanges', () => {
  it('joins samples within the maximum gap, and no others', () => {
    expect(coveredRanges([{ at: 0 }, { at: 10 }, { at: 20 }, { at: 46 }, { at: 56 }], 25)).toEqual([
      { from: 0, to: 20 },
      { from: 46, to: 56 },
    ]);
  });

  it('allows for one missed probe and one that uses its whole timeout', () => {
    expect(maxSampleGapMs({ intervalMs: 10_000, timeoutMs: 5_000 })).toBe(25_000);
  });
});

describe('addTimeRange', () => {
  it('merges the ranges that it connects', () => {
    const ranges = [
      { from: 0, to: 10 },
      { from: 30, to: 40 },
      { from: 90, to: 95 },
    ];
    expect(addTimeRange(ranges, { from: 12, to: 28 }, 2)).toEqual([
      { from: 0, to: 40 },
      { from: 90, to: 95 },
    ]);
  });

  it('does not depend on the order of insertion', () => {
    const ranges = fc.array(fc.record({ from: fc.nat(200), length: fc.nat(20) }), { maxLength: 10 });
    fc.assert(
      fc.property(ranges, fc.nat(5), (given, tolerance) => {
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

describe('mergeTimeRanges', () => {
  it('gives the same ranges as adding them one by one, in any order', () => {
    const ranges = fc.array(
      fc.record({ from: fc.nat(100), length: fc.nat(20) }).map(({ from, length }) => ({ from, to: from + length })),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(ranges, (given) => {
        const added = given.reduce<TimeRange[]>((merged, range) => addTimeRange(merged, range, 0), []);
        expect(mergeTimeRanges(given)).toEqual(added);
        expect(mergeTimeRanges([...given].reverse())).toEqual(added);
      }),
    );
  });
});
