import fc from 'fast-check';
import {
  maintenanceAt,
  maintenanceIn,
  type MaintenanceWindow,
  occurrencesOf,
  upcomingOccurrences,
} from './maintenance-window.js';
import { type TimeRange } from '../timeline/time-ranges.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 0, 1, 12);
const ALWAYS: TimeRange = { from: NOON - 30 * DAY, to: NOON + 30 * DAY };

const window = (rest: Partial<MaintenanceWindow>): MaintenanceWindow => ({
  id: 'mnt_1',
  from: NOON,
  reason: 'a new disk',
  scheduledBy: 'an-admin',
  ...rest,
});
const single = (from: number, to: number, rest: Partial<MaintenanceWindow> = {}): MaintenanceWindow =>
  window({ from, to, ...rest });
const nightly = (rest: Partial<MaintenanceWindow> = {}): MaintenanceWindow =>
  window({ recurrence: { rule: '0 2 * * *', timezone: 'UTC', durationMs: HOUR }, ...rest });
const ranges = (of: MaintenanceWindow, range: TimeRange = ALWAYS): TimeRange[] =>
  occurrencesOf(of, range).map(({ from, to }) => ({ from, to }));

describe('occurrencesOf', () => {
  it('returns the occurrence of a single window if it overlaps the range', () => {
    const maintenance = single(NOON, NOON + HOUR);
    expect(ranges(maintenance)).toEqual([{ from: NOON, to: NOON + HOUR }]);
    expect(ranges(maintenance, { from: NOON + HOUR - 1, to: NOON + DAY })).toEqual([{ from: NOON, to: NOON + HOUR }]);
    expect(ranges(maintenance, { from: NOON + HOUR, to: NOON + DAY })).toEqual([]);
    expect(ranges(maintenance, { from: NOON - HOUR, to: NOON })).toEqual([]);
  });

  it('cuts occurrences off at the cancellation and keeps earlier ones', () => {
    const second = NOON + 14 * HOUR + DAY;
    expect(ranges(nightly({ cancelled: { by: 'an-admin', at: second + HOUR / 2 } }))).toEqual([
      { from: second - DAY, to: second - DAY + HOUR },
      { from: second, to: second + HOUR / 2 },
    ]);
    expect(ranges(nightly({ cancelled: { by: 'an-admin', at: second } }))).toEqual([
      { from: second - DAY, to: second - DAY + HOUR },
    ]);
    expect(ranges(single(NOON, NOON + HOUR, { cancelled: { by: 'an-admin', at: NOON - 1 } }))).toEqual([]);
  });
});

describe('upcomingOccurrences', () => {
  const starts = (of: MaintenanceWindow, now: number, limit: number): number[] =>
    upcomingOccurrences(of, now, limit).map(({ from }) => from);

  it('returns a single window until its end, however far ahead', () => {
    const far = Date.UTC(2090, 0, 1);
    const single: MaintenanceWindow = {
      id: 'mnt_far',
      from: far,
      to: far + 1_000,
      reason: 'far ahead',
      scheduledBy: 'alice',
    };
    expect([
      starts(single, 0, 10),
      starts(single, far + 999, 10),
      starts(single, far + 1_000, 10),
      starts(single, 0, 0),
    ]).toEqual([[far], [far], [], []]);
  });

  it('begins with the current occurrence and returns at most the limit', () => {
    const first = NOON + 14 * HOUR;
    expect(starts(nightly(), first + HOUR - 1, 3)).toEqual([first, first + DAY, first + 2 * DAY]);
    expect(starts(nightly(), first + HOUR, 2)).toEqual([first + DAY, first + 2 * DAY]);
  });

  it('returns each occurrence of the following year once', () => {
    const yearly = window({ recurrence: { rule: '0 12 20 12 *', timezone: 'UTC', durationMs: 20 * DAY } });
    expect(starts(yearly, NOON, 5)).toEqual([Date.UTC(2026, 11, 20, 12)]);
    const long = window({ recurrence: { rule: 'FREQ=DAILY;INTERVAL=25', timezone: 'UTC', durationMs: 20 * DAY } });
    expect(starts(long, NOON, 100)).toEqual(Array.from({ length: 15 }, (_, index) => NOON + index * 25 * DAY));
  });

  it('returns nothing for a cancelled or finished window', () => {
    expect(starts(nightly({ cancelled: { by: 'an-admin', at: NOON + 1 } }), NOON + 2, 3)).toEqual([]);
    expect(starts(single(NOON - HOUR, NOON), NOON, 3)).toEqual([]);
    expect(starts(single(NOON + DAY, NOON + 2 * DAY), NOON, 3)).toEqual([NOON + DAY]);
  });
});

describe('maintenance of several windows', () => {
  it('is merged where windows overlap or are adjacent', () => {
    expect(
      maintenanceIn(
        [
          single(NOON + HOUR, NOON + 2 * HOUR),
          single(NOON, NOON + HOUR),
          single(NOON + 3 * HOUR, NOON + 4 * HOUR),
          single(NOON + 3 * HOUR, NOON + 3.5 * HOUR),
        ],
        ALWAYS,
      ),
    ).toEqual([
      { from: NOON, to: NOON + 2 * HOUR },
      { from: NOON + 3 * HOUR, to: NOON + 4 * HOUR },
    ]);
  });

  it('does not depend on the order of the windows, and covers exactly the times within one of them', () => {
    const windows = fc.array(
      fc.record({
        from: fc.nat(50),
        length: fc.integer({ min: 1, max: 20 }),
        cancelled: fc.option(fc.nat(70), { nil: undefined }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(windows, (given) => {
        const scheduled = given.map(({ from, length, cancelled }) =>
          single(from, from + length, cancelled === undefined ? {} : { cancelled: { by: 'an-admin', at: cancelled } }),
        );
        const merged = maintenanceIn(scheduled, { from: 0, to: 100 });
        expect(maintenanceIn([...scheduled].reverse(), { from: 0, to: 100 })).toEqual(merged);
        for (let time = 0; time < 75; time++) {
          const isWithin = scheduled.some(
            ({ from, to = 0, cancelled }) => from <= time && time < Math.min(to, cancelled?.at ?? Infinity),
          );
          expect(merged.some(({ from, to }) => from <= time && time < to)).toBe(isWithin);
          expect(maintenanceAt(scheduled, time) !== undefined).toBe(isWithin);
        }
      }),
    );
  });

  it('is, at a given time, the occurrence that ends last', () => {
    const long = single(NOON - HOUR, NOON + 5 * HOUR, { id: 'mnt_long' });
    expect(maintenanceAt([single(NOON, NOON + HOUR), long, single(NOON - HOUR, NOON + 2 * HOUR)], NOON)).toEqual({
      window: long,
      from: NOON - HOUR,
      to: NOON + 5 * HOUR,
    });
    expect(maintenanceAt([long], NOON + 5 * HOUR)).toBeUndefined();
  });
});
