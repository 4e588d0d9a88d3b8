import fc from 'fast-check';
import {
  DAY_MS,
  retentionStart,
  UNIT_MS,
  ROLLUP_UNITS,
  type RollupRange,
  rollupRanges,
  startOf,
} from './rollup-units.js';

const MINUTE = UNIT_MS.minute;
const HOUR = UNIT_MS.hour;
const NEWEST = Date.UTC(2026, 4, 20, 13, 37, 12);
const TODAY = startOf('day', NEWEST);
const described = (ranges: readonly RollupRange[]): string[] =>
  ranges.map(({ unit, from, to }) => `${(to - from) / UNIT_MS[unit]} ${unit}`);

describe('rollupRanges', () => {
  it('returns days, with retained hours and minutes at the edges', () => {
    expect(described(rollupRanges({ from: NEWEST - 5 * 365 * DAY_MS, to: NEWEST }, NEWEST))).toEqual([
      '1825 day',
      '13 hour',
      '38 minute',
    ]);
    expect(described(rollupRanges({ from: NEWEST - DAY_MS, to: NEWEST }, NEWEST))).toEqual([
      '23 minute',
      '23 hour',
      '38 minute',
    ]);
    expect(described(rollupRanges({ from: NEWEST - 30 * DAY_MS, to: NEWEST - 10 * DAY_MS }, NEWEST))).toEqual([
      '11 hour',
      '19 day',
      '14 hour',
    ]);
  });

  it('returns one minute, hour or day for a window within it, the finest retained', () => {
    const around = (at: number): RollupRange[] => rollupRanges({ from: at, to: at + 1 }, NEWEST);
    expect(around(NEWEST - 90 * MINUTE)).toEqual([
      { unit: 'minute', from: startOf('minute', NEWEST - 90 * MINUTE), to: startOf('minute', NEWEST - 89 * MINUTE) },
    ]);
    expect(described(around(NEWEST - 3 * DAY_MS))).toEqual(['1 hour']);
    expect(described(around(NEWEST - 61 * DAY_MS))).toEqual(['1 day']);
  });

  it('returns nothing for an empty window', () => {
    expect(rollupRanges({ from: NEWEST, to: NEWEST }, NEWEST)).toEqual([]);
  });

  it('retains minutes for at least two days and hours for sixty', () => {
    expect(NEWEST - retentionStart('minute', NEWEST)).toBeGreaterThanOrEqual(2 * DAY_MS);
    expect(NEWEST - retentionStart('minute', NEWEST)).toBeLessThan(2 * DAY_MS + HOUR);
    expect(NEWEST - retentionStart('hour', NEWEST)).toBeGreaterThanOrEqual(60 * DAY_MS);
    expect(NEWEST - retentionStart('hour', NEWEST)).toBeLessThan(61 * DAY_MS);
    expect(retentionStart('day', NEWEST)).toBe(-Infinity);
  });

  it('returns retained ranges that tile the window, widened by less than one retained unit at either edge', () => {
    const moments = fc.oneof(
      fc.integer({ min: TODAY - 100 * DAY_MS, max: TODAY + 3 * DAY_MS }),
      fc.integer({ min: NEWEST - 50 * HOUR, max: NEWEST }),
    );
    fc.assert(
      fc.property(moments, moments, (one, other) => {
        const window = { from: Math.min(one, other), to: Math.max(one, other) + 1 };
        const ranges = rollupRanges(window, NEWEST);
        ranges.forEach(({ unit, from, to }, index) => {
          expect(from).toBe(index === 0 ? from : ranges[index - 1]?.to);
          expect([startOf(unit, from), startOf(unit, to)]).toEqual([from, to]);
          expect(to).toBeGreaterThan(from);
          expect(from).toBeGreaterThanOrEqual(retentionStart(unit, NEWEST));
        });
        const finest = (at: number): number =>
          UNIT_MS[ROLLUP_UNITS.find((unit) => at >= retentionStart(unit, NEWEST)) ?? 'day'];
        expect(window.from - (ranges[0]?.from ?? NaN)).toBeGreaterThanOrEqual(0);
        expect(window.from - (ranges[0]?.from ?? NaN)).toBeLessThan(finest(window.from));
        expect((ranges.at(-1)?.to ?? NaN) - window.to).toBeGreaterThanOrEqual(0);
        expect((ranges.at(-1)?.to ?? NaN) - window.to).toBeLessThan(finest(window.to - 1));
        expect(ranges.length).toBeLessThanOrEqual(5);
      }),
    );
  });
});
