import { ZERO_TOTALS, totalsBetween, totalsByDay } from './daily-totals.js';
import { DAY_MS } from './rollup-units.js';

const DAY = Date.UTC(2026, 0, 1);
const HOUR = DAY_MS / 24;

describe('totals by day', () => {
  it('accumulate from day to day, with intervals split at midnight', () => {
    const intervals = [
      { status: 'up', from: DAY, to: DAY + DAY_MS - HOUR },
      { status: 'down', from: DAY + DAY_MS - HOUR, to: DAY + DAY_MS + 2 * HOUR },
      { status: 'degraded', from: DAY + DAY_MS + 2 * HOUR, to: DAY + 2 * DAY_MS, maintenance: true },
    ] as const;
    expect(totalsByDay(intervals, ZERO_TOTALS)).toEqual([
      { end: DAY + DAY_MS, totals: [23 * HOUR, 0, HOUR, 0, 0, 0, 0] },
      { end: DAY + 2 * DAY_MS, totals: [23 * HOUR, 0, 3 * HOUR, 0, 22 * HOUR, 0, 0] },
    ]);
  });

  it('continue from the previous totals and skip unknown days', () => {
    const intervals = [
      { status: 'unknown', from: DAY, to: DAY + 2 * DAY_MS },
      { status: 'up', from: DAY + 2 * DAY_MS, to: DAY + 3 * DAY_MS },
      { status: 'unknown', from: DAY + 3 * DAY_MS, to: DAY + 500 * DAY_MS },
    ] as const;
    expect(totalsByDay(intervals, [5, 0, 0, 0, 0, 0, 7])).toEqual([
      { end: DAY + 3 * DAY_MS, totals: [5 + DAY_MS, 0, 0, 0, 0, 0, 7] },
    ]);
  });

  it('give the totals between two days, with the remainder as unknown', () => {
    expect(totalsBetween([60, 1, 5, 3, 2, 1, 9], [10, 1, 0, 3, 0, 0, 4], 100)).toEqual({
      up: 50,
      degraded: 0,
      down: 5,
      unknown: 37,
      maintenance: { up: 0, degraded: 2, down: 1, unknown: 5 },
    });
  });
});
