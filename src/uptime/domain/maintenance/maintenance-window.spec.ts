import fc from 'fast-check';
import {
  maintenanceAt,
  maintenanceIn,
  type MaintenanceWindow,
  occurrencesOf,
  upcomingOf,
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
const spans = (of: MaintenanceWindow, span: TimeRange = ALWAYS): TimeRange[] =>
  occurrencesOf(of, span).map(({ from, to }) => ({ from, to }));

describe('the occurrences of maintenance', () => {
  it('are one for a single window, where it touches the span', () => {
    const maintenance = single(NOON, NOON + HOUR);
    expect(spans(maintenance)).toEqual([{ from: NOON, to: NOON + HOUR }]);
    expect(spans(maintenance, { from: NOON + HOUR - 1, to: NOON + DAY })).toEqual([{ from: NOON, to: NOON + HOUR }]);
    expect(spans(maintenance, { from: NOON + HOUR, to: NOON + DAY })).toEqual([]);
    expect(spans(maintenance, { from: NOON - HOUR, to: NOON })).toEqual([]);
  });

  it('end when they are cancelled, also in the middle of one; what has passed stays', () => {
    const second = NOON + 14 * HOUR + DAY;
    expect(spans(nightly({ cancelled: { by: 'an-admin', at: second + HOUR / 2 } }))).toEqual([
      { from: second - DAY, to: second - DAY + HOUR },
      { from: second, to: second + HOUR / 2 },
    ]);
    expect(spans(nightly({ cancelled: { by: 'an-admin', at: second } }))).toEqual([
      { from: second - DAY, to: second - DAY + HOUR },
    ]);
    expect(spans(single(NOON, NOON + HOUR, { cancelled: { by: 'an-admin', at: NOON - 1 } }))).toEqual([]);
  });
});

describe('upcoming maintenance', () => {
  const begins = (of: MaintenanceWindow, now: number, limit: number): number[] =>
    upcomingOf(of, now, limit).map(({ from }) => from);

  it('of a single window is that one until it is over, however far ahead', () => {
    const far = Date.UTC(2090, 0, 1);
    const single: MaintenanceWindow = {
      id: 'mnt_far',
      from: far,
      to: far + 1_000,
      reason: 'far ahead',
      scheduledBy: 'alice',
    };
    expect([
      begins(single, 0, 10),
      begins(single, far + 999, 10),
      begins(single, far + 1_000, 10),
      begins(single, 0, 0),
    ]).toEqual([[far], [far], [], []]);
  });

  it('begins with the one that goes on, and is no more than asked for', () => {
    const first = NOON + 14 * HOUR;
    expect(begins(nightly(), first + HOUR - 1, 3)).toEqual([first, first + DAY, first + 2 * DAY]);
    expect(begins(nightly(), first + HOUR, 2)).toEqual([first + DAY, first + 2 * DAY]);
  });

  it('is found up to a year ahead, each occurrence once', () => {
    const yearly = window({ recurrence: { rule: '0 12 20 12 *', timezone: 'UTC', durationMs: 20 * DAY } });
    expect(begins(yearly, NOON, 5)).toEqual([Date.UTC(2026, 11, 20, 12)]);
    const long = window({ recurrence: { rule: 'FREQ=DAILY;INTERVAL=25', timezone: 'UTC', durationMs: 20 * DAY } });
    expect(begins(long, NOON, 100)).toEqual(Array.from({ length: 15 }, (_, index) => NOON + index * 25 * DAY));
  });

  it('is none where it was cancelled or is over', () => {
    expect(begins(nightly({ cancelled: { by: 'an-admin', at: NOON + 1 } }), NOON + 2, 3)).toEqual([]);
    expect(begins(single(NOON - HOUR, NOON), NOON, 3)).toEqual([]);
    expect(begins(single(NOON + DAY, NOON + 2 * DAY), NOON, 3)).toEqual([NOON + DAY]);
  });
});

describe('maintenance of several windows', () => {
  it('is one stretch where they overlap or touch', () => {
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

  it('is the same in whatever order they were scheduled, each moment within it being within one of them', () => {
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

  it('is, at a moment, the one that ends last', () => {
    const long = single(NOON - HOUR, NOON + 5 * HOUR, { id: 'mnt_long' });
    expect(maintenanceAt([single(NOON, NOON + HOUR), long, single(NOON - HOUR, NOON + 2 * HOUR)], NOON)).toEqual({
      window: long,
      from: NOON - HOUR,
      to: NOON + 5 * HOUR,
    });
    expect(maintenanceAt([long], NOON + 5 * HOUR)).toBeUndefined();
  });
});
