import fc from 'fast-check';
import { CORRECTED_STATUSES } from './corrections.js';
import { statusIntervals, type StatusHistory, type StatusInterval, sumIntervals } from './intervals.js';
import { OBSERVED_STATUSES } from '../status/service-status.js';
import { mergeTimeRanges, type TimeRange, addTimeRange } from './time-ranges.js';
import { addTotals, NO_TOTALS, totalTime } from './status-totals.js';
import { computeFigures, type UptimePolicy } from './uptime-figures.js';

const WINDOW: TimeRange = { from: 1_000, to: 2_000 };
const ALL: readonly TimeRange[] = [{ from: 0, to: 5_000 }];

describe('statusIntervals', () => {
  it('returns a single interval for a service without changes', () => {
    expect(statusIntervals(WINDOW, { before: { status: 'up' }, changes: [], covered: ALL })).toEqual([
      { status: 'up', ...WINDOW },
    ]);
  });

  it('returns unknown for a service that was never probed', () => {
    expect(statusIntervals(WINDOW, { changes: [], covered: [] })).toEqual([{ status: 'unknown', ...WINDOW }]);
  });

  it('starts a new interval at each change', () => {
    const changes = [
      { status: 'down', at: 1_300 },
      { status: 'up', at: 1_700 },
    ] as const;
    expect(statusIntervals(WINDOW, { before: { status: 'up' }, changes, covered: ALL })).toEqual([
      { status: 'up', from: 1_000, to: 1_300 },
      { status: 'down', from: 1_300, to: 1_700 },
      { status: 'up', from: 1_700, to: 2_000 },
    ]);
  });

  it('returns unknown, not down, for time without probes', () => {
    const covered = [
      { from: 0, to: 1_200 },
      { from: 1_500, to: 1_600 },
    ];
    expect(
      statusIntervals(WINDOW, { before: { status: 'up' }, changes: [{ status: 'down', at: 1_550 }], covered }),
    ).toEqual([
      { status: 'up', from: 1_000, to: 1_200 },
      { status: 'unknown', from: 1_200, to: 1_500 },
      { status: 'up', from: 1_500, to: 1_550 },
      { status: 'down', from: 1_550, to: 1_600 },
      { status: 'unknown', from: 1_600, to: 2_000 },
    ]);
  });

  it('marks maintenance and keeps the probed status', () => {
    const history = {
      before: { status: 'up' },
      changes: [{ status: 'down', at: 1_500 }],
      covered: ALL,
      maintenance: [{ from: 1_400, to: 1_600 }],
    } as const;
    expect(statusIntervals(WINDOW, history)).toEqual([
      { status: 'up', from: 1_000, to: 1_400 },
      { status: 'up', from: 1_400, to: 1_500, maintenance: true },
      { status: 'down', from: 1_500, to: 1_600, maintenance: true },
      { status: 'down', from: 1_600, to: 2_000 },
    ]);
  });

  it('returns the status of corrections, also for time without probes, and marks it', () => {
    const corrections = [
      { from: 1_200, to: 1_900, status: 'up' },
      { from: 1_700, to: 1_800, status: 'asProbed' },
    ] as const;
    expect(
      statusIntervals(WINDOW, {
        before: { status: 'down' },
        changes: [],
        covered: [{ from: 0, to: 1_750 }],
        corrections,
      }),
    ).toEqual([
      { status: 'down', from: 1_000, to: 1_200 },
      { status: 'up', from: 1_200, to: 1_700, corrected: true },
      { status: 'down', from: 1_700, to: 1_750 },
      { status: 'unknown', from: 1_750, to: 1_800 },
      { status: 'up', from: 1_800, to: 1_900, corrected: true },
      { status: 'unknown', from: 1_900, to: 2_000 },
    ]);
  });

  it('takes linear time', () => {
    const many = 200_000;
    const ranges = (offset: number): TimeRange[] =>
      Array.from({ length: many }, (_, index) => ({ from: index * 100 + offset, to: index * 100 + offset + 50 }));
    const changes = Array.from({ length: many }, (_, index) => ({
      status: OBSERVED_STATUSES[index % 3] ?? 'up',
      at: index * 100 + 7,
    }));
    const corrections = ranges(30).map((range) => ({ ...range, status: 'up' as const }));
    const began = performance.now();
    const intervals = statusIntervals(
      { from: 0, to: many * 100 },
      { changes, covered: ranges(3), maintenance: ranges(20), corrections },
    );
    // Quadratic time would take minutes.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(intervals.length).toBeGreaterThan(many);
  });
});

interface Given {
  readonly window: TimeRange;
  readonly history: StatusHistory;
}

/** Windows, changes, and ranges with all kinds of overlaps. */
const histories: fc.Arbitrary<Given> = fc
  .record({
    from: fc.integer({ min: 0, max: 200 }),
    length: fc.integer({ min: 0, max: 120 }),
    before: fc.option(fc.constantFrom(...OBSERVED_STATUSES), { nil: undefined }),
    changes: fc.array(fc.record({ status: fc.constantFrom(...OBSERVED_STATUSES), offset: fc.nat(119) }), {
      maxLength: 8,
    }),
    probed: fc.array(fc.record({ from: fc.nat(330), length: fc.nat(60) }), { maxLength: 8 }),
    maintained: fc.array(fc.record({ from: fc.nat(330), length: fc.nat(60) }), { maxLength: 4 }),
    corrected: fc.array(
      fc.record({ from: fc.nat(330), length: fc.nat(60), status: fc.constantFrom(...CORRECTED_STATUSES) }),
      { maxLength: 6 },
    ),
  })
  .map(({ from, length, before, changes, probed, maintained, corrected }) => {
    const window = { from, to: from + length };
    const within = changes
      .map(({ status, offset }) => ({ status, at: from + offset }))
      .filter(({ at }) => at < window.to)
      .sort((a, b) => a.at - b.at);
    const history: StatusHistory = {
      ...(before === undefined ? {} : { before: { status: before } }),
      changes: within,
      covered: probed.map(rangeOf).reduce<TimeRange[]>((merged, range) => addTimeRange(merged, range, 0), []),
      maintenance: mergeTimeRanges(maintained.map(rangeOf)),
      corrections: corrected.map(({ status, ...range }) => ({ ...rangeOf(range), status })),
    };
    return { window, history };
  });

function rangeOf({ from, length }: { readonly from: number; readonly length: number }): TimeRange {
  return { from, to: from + length };
}

/** The status at a single time, computed independently of intervals. */
function statusAt(
  time: number,
  { before, changes, covered, maintenance = [], corrections = [] }: StatusHistory,
): Omit<StatusInterval, 'from' | 'to'> {
  const contains = ({ from, to }: TimeRange): boolean => from <= time && time < to;
  const correction = corrections.findLast(contains)?.status ?? 'asProbed';
  const probed = covered.some(contains)
    ? (changes.findLast(({ at }) => at <= time)?.status ?? before?.status ?? 'unknown')
    : 'unknown';
  return {
    status: correction === 'asProbed' ? probed : correction,
    ...(maintenance.some(contains) ? { maintenance: true } : {}),
    ...(correction === 'asProbed' ? {} : { corrected: true }),
  };
}

/** The same history, restricted to a part of the window. */
function historyIn({ from, to }: TimeRange, history: StatusHistory): StatusHistory {
  const { before: _, ...rest } = history;
  const before = history.changes.findLast(({ at }) => at < from) ?? history.before;
  return { ...rest, ...(before ? { before } : {}), changes: history.changes.filter(({ at }) => at >= from && at < to) };
}

const policies: fc.Arbitrary<UptimePolicy> = fc.record({
  degraded: fc.constantFrom('up', 'down'),
  unknown: fc.constantFrom('excluded', 'up', 'down'),
  maintenance: fc.constantFrom('excluded', 'asProbed', 'up', 'down'),
});

describe('any history', () => {
  it('has intervals that tile the window, with adjacent ones different', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const intervals = statusIntervals(window, history);
        let end = window.from;
        intervals.forEach(({ from, to, ...kind }, index) => {
          expect(from).toBe(end);
          expect(to).toBeGreaterThan(from);
          const { from: _, to: __, ...previous } = intervals[index - 1] ?? { from, to, status: undefined };
          expect(kind).not.toEqual(previous);
          end = to;
        });
        expect(end).toBe(window.to);
      }),
    );
  });

  it('has the expected status at each millisecond', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const intervals = statusIntervals(window, history);
        for (let time = window.from; time < window.to; time++) {
          const {
            from: _,
            to: __,
            ...kind
          } = intervals.find(({ from, to }) => from <= time && time < to) ?? { from: 0, to: 0, status: undefined };
          expect(kind).toEqual(statusAt(time, history));
        }
      }),
    );
  });

  it('has integer totals that add up to the length of the window', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const totals = sumIntervals(statusIntervals(window, history));
        expect(totalTime(totals) + totalTime(totals.maintenance)).toBe(window.to - window.from);
        expect(
          [totals, totals.maintenance].every(({ up, degraded, down, unknown }) =>
            [up, degraded, down, unknown].every(Number.isSafeInteger),
          ),
        ).toBe(true);
      }),
    );
  });

  it('has totals of consecutive windows that add up to those of the combined window', () => {
    fc.assert(
      fc.property(histories, fc.nat(120), ({ window, history }, offset) => {
        const middle = Math.min(window.from + offset, window.to);
        const [first, second] = [
          { from: window.from, to: middle },
          { from: middle, to: window.to },
        ].map((part) => sumIntervals(statusIntervals(part, historyIn(part, history))));
        const whole = sumIntervals(statusIntervals(window, history));
        expect(addTotals(first ?? NO_TOTALS, second ?? NO_TOTALS)).toEqual(whole);
        expect(addTotals(second ?? NO_TOTALS, first ?? NO_TOTALS)).toEqual(whole);
        expect(addTotals(whole, NO_TOTALS)).toEqual(whole);
      }),
    );
  });

  it('does not depend on the order or repetition of ranges', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const again = (ranges: readonly TimeRange[]): TimeRange[] => mergeTimeRanges([...ranges, ...ranges].reverse());
        const { covered, maintenance = [], corrections = [] } = history;
        const repeated = {
          ...history,
          covered: again(covered),
          maintenance: again(maintenance),
          corrections: [...corrections, ...corrections],
          changes: history.changes.flatMap((change) => [change, change]),
        };
        expect(statusIntervals(window, repeated)).toEqual(statusIntervals(window, history));
      }),
    );
  });

  it('has figures that add up to the window, and a percentage within its bounds if all time counts', () => {
    fc.assert(
      fc.property(histories, policies, ({ window, history }, policy) => {
        const figures = computeFigures(sumIntervals(statusIntervals(window, history)), policy);
        expect(figures.totalUptime + figures.totalDowntime + figures.totalUnknown + figures.totalMaintenance).toBe(
          window.to - window.from,
        );
        expect(figures.uptimeBounds.low).toBeLessThanOrEqual(figures.uptimeBounds.high);
        if (policy.unknown !== 'excluded' && figures.uptimePercentage !== null) {
          expect(figures.uptimePercentage).toBeGreaterThanOrEqual(figures.uptimeBounds.low);
          expect(figures.uptimePercentage).toBeLessThanOrEqual(figures.uptimeBounds.high);
        }
      }),
    );
  });
});
