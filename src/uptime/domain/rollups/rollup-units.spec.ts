import fc from 'fast-check';
import { DAY_MS, keptFrom, LENGTH_MS, ROLLUP_UNITS, type RollupRange, rollupsOf, startOf } from './rollup-units.js';

const MINUTE = LENGTH_MS.minute;
const HOUR = LENGTH_MS.hour;
const NEWEST = Date.UTC(2026, 4, 20, 13, 37, 12);
const TODAY = startOf('day', NEWEST);
const described = (spans: readonly RollupRange[]): string[] =>
  spans.map(({ unit, from, to }) => `${(to - from) / LENGTH_MS[unit]} ${unit}`);

describe('the rollups that hold a window', () => {
  it('are days, with hours and minutes at the edges where they are kept', () => {
    expect(described(rollupsOf({ from: NEWEST - 5 * 365 * DAY_MS, to: NEWEST }, NEWEST))).toEqual([
      '1825 day',
      '13 hour',
      '38 minute',
    ]);
    expect(described(rollupsOf({ from: NEWEST - DAY_MS, to: NEWEST }, NEWEST))).toEqual([
      '23 minute',
      '23 hour',
      '38 minute',
    ]);
    expect(described(rollupsOf({ from: NEWEST - 30 * DAY_MS, to: NEWEST - 10 * DAY_MS }, NEWEST))).toEqual([
      '11 hour',
      '19 day',
      '14 hour',
    ]);
  });

  it('are one minute, hour or day for a window that lies within it, as fine as is kept', () => {
    const around = (at: number): RollupRange[] => rollupsOf({ from: at, to: at + 1 }, NEWEST);
    expect(around(NEWEST - 90 * MINUTE)).toEqual([
      { unit: 'minute', from: startOf('minute', NEWEST - 90 * MINUTE), to: startOf('minute', NEWEST - 89 * MINUTE) },
    ]);
    expect(described(around(NEWEST - 3 * DAY_MS))).toEqual(['1 hour']);
    expect(described(around(NEWEST - 61 * DAY_MS))).toEqual(['1 day']);
  });

  it('are none for a window without length', () => {
    expect(rollupsOf({ from: NEWEST, to: NEWEST }, NEWEST)).toEqual([]);
  });

  it('are kept for at least two days by the minute and sixty by the hour', () => {
    expect(NEWEST - keptFrom('minute', NEWEST)).toBeGreaterThanOrEqual(2 * DAY_MS);
    expect(NEWEST - keptFrom('minute', NEWEST)).toBeLessThan(2 * DAY_MS + HOUR);
    expect(NEWEST - keptFrom('hour', NEWEST)).toBeGreaterThanOrEqual(60 * DAY_MS);
    expect(NEWEST - keptFrom('hour', NEWEST)).toBeLessThan(61 * DAY_MS);
    expect(keptFrom('day', NEWEST)).toBe(-Infinity);
  });

  it('tile a stretch that holds the window, are kept, and reach no further than one of the unit that is kept at either edge', () => {
    const moments = fc.oneof(
      fc.integer({ min: TODAY - 100 * DAY_MS, max: TODAY + 3 * DAY_MS }),
      fc.integer({ min: NEWEST - 50 * HOUR, max: NEWEST }),
    );
    fc.assert(
      fc.property(moments, moments, (one, other) => {
        const window = { from: Math.min(one, other), to: Math.max(one, other) + 1 };
        const spans = rollupsOf(window, NEWEST);
        spans.forEach(({ unit, from, to }, index) => {
          expect(from).toBe(index === 0 ? from : spans[index - 1]?.to);
          expect([startOf(unit, from), startOf(unit, to)]).toEqual([from, to]);
          expect(to).toBeGreaterThan(from);
          expect(from).toBeGreaterThanOrEqual(keptFrom(unit, NEWEST));
        });
        const finest = (at: number): number =>
          LENGTH_MS[ROLLUP_UNITS.find((unit) => at >= keptFrom(unit, NEWEST)) ?? 'day'];
        expect(window.from - (spans[0]?.from ?? NaN)).toBeGreaterThanOrEqual(0);
        expect(window.from - (spans[0]?.from ?? NaN)).toBeLessThan(finest(window.from));
        expect((spans.at(-1)?.to ?? NaN) - window.to).toBeGreaterThanOrEqual(0);
        expect((spans.at(-1)?.to ?? NaN) - window.to).toBeLessThan(finest(window.to - 1));
        expect(spans.length).toBeLessThanOrEqual(5);
      }),
    );
  });
});
