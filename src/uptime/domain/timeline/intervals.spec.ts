import fc from 'fast-check';
import { CORRECTED_STATUSES } from './corrections.js';
import { intervalsIn, type KnownHistory, type StatusInterval, totalsOf } from './intervals.js';
import { OBSERVED_STATUSES } from '../status/service-status.js';
import { mergeTimeRanges, type TimeRange, addTimeRange } from './time-ranges.js';
import { addTotals, NO_TOTALS, subtractTotals, wholeOf } from './status-totals.js';
import { figuresOf, type UptimePolicy } from './uptime-figures.js';

const WINDOW: TimeRange = { from: 1_000, to: 2_000 };
const ALL: readonly TimeRange[] = [{ from: 0, to: 5_000 }];

describe('the intervals of a window', () => {
  it('are one, from its beginning to its end, for a service that did not change in it', () => {
    expect(intervalsIn(WINDOW, { before: { status: 'up' }, changes: [], covered: ALL })).toEqual([
      { status: 'up', ...WINDOW },
    ]);
  });

  it('are unknown as a whole for a service that was never probed', () => {
    expect(intervalsIn(WINDOW, { changes: [], covered: [] })).toEqual([{ status: 'unknown', ...WINDOW }]);
  });

  it('change where the service changed', () => {
    const changes = [
      { status: 'down', at: 1_300 },
      { status: 'up', at: 1_700 },
    ] as const;
    expect(intervalsIn(WINDOW, { before: { status: 'up' }, changes, covered: ALL })).toEqual([
      { status: 'up', from: 1_000, to: 1_300 },
      { status: 'down', from: 1_300, to: 1_700 },
      { status: 'up', from: 1_700, to: 2_000 },
    ]);
  });

  it('are unknown, not down, where nobody probed', () => {
    const covered = [
      { from: 0, to: 1_200 },
      { from: 1_500, to: 1_600 },
    ];
    expect(
      intervalsIn(WINDOW, { before: { status: 'up' }, changes: [{ status: 'down', at: 1_550 }], covered }),
    ).toEqual([
      { status: 'up', from: 1_000, to: 1_200 },
      { status: 'unknown', from: 1_200, to: 1_500 },
      { status: 'up', from: 1_500, to: 1_550 },
      { status: 'down', from: 1_550, to: 1_600 },
      { status: 'unknown', from: 1_600, to: 2_000 },
    ]);
  });

  it('say what is maintenance, and keep the status that was probed', () => {
    const history = {
      before: { status: 'up' },
      changes: [{ status: 'down', at: 1_500 }],
      covered: ALL,
      maintenance: [{ from: 1_400, to: 1_600 }],
    } as const;
    expect(intervalsIn(WINDOW, history)).toEqual([
      { status: 'up', from: 1_000, to: 1_400 },
      { status: 'up', from: 1_400, to: 1_500, maintenance: true },
      { status: 'down', from: 1_500, to: 1_600, maintenance: true },
      { status: 'down', from: 1_600, to: 2_000 },
    ]);
  });

  it('have the status of a correction where one holds, also where nobody probed, and say so', () => {
    const corrections = [
      { from: 1_200, to: 1_900, status: 'up' },
      { from: 1_700, to: 1_800, status: 'asProbed' },
    ] as const;
    expect(
      intervalsIn(WINDOW, { before: { status: 'down' }, changes: [], covered: [{ from: 0, to: 1_750 }], corrections }),
    ).toEqual([
      { status: 'down', from: 1_000, to: 1_200 },
      { status: 'up', from: 1_200, to: 1_700, corrected: true },
      { status: 'down', from: 1_700, to: 1_750 },
      { status: 'unknown', from: 1_750, to: 1_800 },
      { status: 'up', from: 1_800, to: 1_900, corrected: true },
      { status: 'unknown', from: 1_900, to: 2_000 },
    ]);
  });

  it('take time that grows with what is known, not with its square', () => {
    const many = 200_000;
    const spans = (offset: number): TimeRange[] =>
      Array.from({ length: many }, (_, index) => ({ from: index * 100 + offset, to: index * 100 + offset + 50 }));
    const changes = Array.from({ length: many }, (_, index) => ({
      status: OBSERVED_STATUSES[index % 3] ?? 'up',
      at: index * 100 + 7,
    }));
    const corrections = spans(30).map((span) => ({ ...span, status: 'up' as const }));
    const began = performance.now();
    const intervals = intervalsIn(
      { from: 0, to: many * 100 },
      { changes, covered: spans(3), maintenance: spans(20), corrections },
    );
    // By the square it would be minutes.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(intervals.length).toBeGreaterThan(many);
  });
});

interface Known {
  readonly window: TimeRange;
  readonly history: KnownHistory;
}

/** Windows, changes, and spans that overlap each other in every way. */
const histories: fc.Arbitrary<Known> = fc
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
    const history: KnownHistory = {
      ...(before === undefined ? {} : { before: { status: before } }),
      changes: within,
      covered: probed.map(spanOf).reduce<TimeRange[]>((merged, span) => addTimeRange(merged, span, 0), []),
      maintenance: mergeTimeRanges(maintained.map(spanOf)),
      corrections: corrected.map(({ status, ...span }) => ({ ...spanOf(span), status })),
    };
    return { window, history };
  });

function spanOf({ from, length }: { readonly from: number; readonly length: number }): TimeRange {
  return { from, to: from + length };
}

/** What a moment is, by looking at nothing but that moment. */
function momentOf(
  time: number,
  { before, changes, covered, maintenance = [], corrections = [] }: KnownHistory,
): Omit<StatusInterval, 'from' | 'to'> {
  const holds = ({ from, to }: TimeRange): boolean => from <= time && time < to;
  const said = corrections.findLast(holds)?.status ?? 'asProbed';
  const probed = covered.some(holds)
    ? (changes.findLast(({ at }) => at <= time)?.status ?? before?.status ?? 'unknown')
    : 'unknown';
  return {
    status: said === 'asProbed' ? probed : said,
    ...(maintenance.some(holds) ? { maintenance: true } : {}),
    ...(said === 'asProbed' ? {} : { corrected: true }),
  };
}

/** The same history, as it is known in a part of the window. */
function historyIn({ from, to }: TimeRange, history: KnownHistory): KnownHistory {
  const { before: _, ...rest } = history;
  const before = history.changes.findLast(({ at }) => at < from) ?? history.before;
  return { ...rest, ...(before ? { before } : {}), changes: history.changes.filter(({ at }) => at >= from && at < to) };
}

const policies: fc.Arbitrary<UptimePolicy> = fc.record({
  degraded: fc.constantFrom('up', 'down'),
  unknown: fc.constantFrom('excluded', 'up', 'down'),
  maintenance: fc.constantFrom('excluded', 'asProbed', 'up', 'down'),
});

describe('for any history', () => {
  it('the intervals tile the window exactly, and no two neighbours are alike', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const intervals = intervalsIn(window, history);
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

  it('each millisecond is what the history makes of it', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const intervals = intervalsIn(window, history);
        for (let time = window.from; time < window.to; time++) {
          const {
            from: _,
            to: __,
            ...kind
          } = intervals.find(({ from, to }) => from <= time && time < to) ?? { from: 0, to: 0, status: undefined };
          expect(kind).toEqual(momentOf(time, history));
        }
      }),
    );
  });

  it('the sums are integers, and together the length of the window', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const totals = totalsOf(intervalsIn(window, history));
        expect(wholeOf(totals) + wholeOf(totals.maintenance)).toBe(window.to - window.from);
        expect(
          [totals, totals.maintenance].every(({ up, degraded, down, unknown }) =>
            [up, degraded, down, unknown].every(Number.isSafeInteger),
          ),
        ).toBe(true);
      }),
    );
  });

  it('windows that follow one another add up to the window over both, and one of them is what the other leaves of it', () => {
    fc.assert(
      fc.property(histories, fc.nat(120), ({ window, history }, offset) => {
        const middle = Math.min(window.from + offset, window.to);
        const [first, second] = [
          { from: window.from, to: middle },
          { from: middle, to: window.to },
        ].map((part) => totalsOf(intervalsIn(part, historyIn(part, history))));
        const whole = totalsOf(intervalsIn(window, history));
        expect(addTotals(first ?? NO_TOTALS, second ?? NO_TOTALS)).toEqual(whole);
        expect(subtractTotals(whole, first ?? NO_TOTALS)).toEqual(second);
        expect(addTotals(whole, NO_TOTALS)).toEqual(whole);
      }),
    );
  });

  it('it does not matter in which order spans came in that are the same in the end, nor how often', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const again = (spans: readonly TimeRange[]): TimeRange[] => mergeTimeRanges([...spans, ...spans].reverse());
        const { covered, maintenance = [], corrections = [] } = history;
        const repeated = {
          ...history,
          covered: again(covered),
          maintenance: again(maintenance),
          corrections: [...corrections, ...corrections],
          changes: history.changes.flatMap((change) => [change, change]),
        };
        expect(intervalsIn(window, repeated)).toEqual(intervalsIn(window, history));
      }),
    );
  });

  it('the figures add up to the length of the window, and the percentage lies within its bounds where all counts', () => {
    fc.assert(
      fc.property(histories, policies, ({ window, history }, policy) => {
        const figures = figuresOf(totalsOf(intervalsIn(window, history)), policy);
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
