import fc from 'fast-check';
import { intervalsIn, type KnownHistory, totalsOf } from './intervals.js';
import { OBSERVED_STATUSES } from './service-status.js';
import { type Span, withSpan } from './spans.js';
import { figuresOf } from './uptime-figures.js';

const WINDOW: Span = { from: 1_000, to: 2_000 };
const ALL: readonly Span[] = [{ from: 0, to: 5_000 }];

describe('the intervals of a window', () => {
  it('are one, from its beginning to its end, for a service that did not change in it', () => {
    expect(intervalsIn(WINDOW, { before: { status: 'up' }, changes: [], covered: ALL })).toEqual([{ status: 'up', ...WINDOW }]);
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
    expect(intervalsIn(WINDOW, { before: { status: 'up' }, changes: [{ status: 'down', at: 1_550 }], covered })).toEqual([
      { status: 'up', from: 1_000, to: 1_200 },
      { status: 'unknown', from: 1_200, to: 1_500 },
      { status: 'up', from: 1_500, to: 1_550 },
      { status: 'down', from: 1_550, to: 1_600 },
      { status: 'unknown', from: 1_600, to: 2_000 },
    ]);
  });
});

/** Windows, changes and spans that overlap each other in every way; status as told by looking at one millisecond at a time. */
const histories = fc
  .record({
    from: fc.integer({ min: 0, max: 200 }),
    length: fc.integer({ min: 0, max: 120 }),
    before: fc.option(fc.constantFrom(...OBSERVED_STATUSES), { nil: undefined }),
    changes: fc.array(fc.record({ status: fc.constantFrom(...OBSERVED_STATUSES), offset: fc.nat(119) }), { maxLength: 8 }),
    spans: fc.array(fc.record({ from: fc.nat(330), length: fc.nat(60) }), { maxLength: 8 }),
  })
  .map(({ from, length, before, changes, spans }) => {
    const window = { from, to: from + length };
    const within = changes
      .map(({ status, offset }) => ({ status, at: from + offset }))
      .filter(({ at }) => at < window.to)
      .sort((a, b) => a.at - b.at);
    const covered = spans.reduce<Span[]>((merged, span) => withSpan(merged, { from: span.from, to: span.from + span.length }, 0), []);
    const history: KnownHistory = { ...(before === undefined ? {} : { before: { status: before } }), changes: within, covered };
    return { window, history };
  });

function statusAt(time: number, { before, changes, covered }: KnownHistory): string {
  if (!covered.some(({ from, to }) => from <= time && time < to)) return 'unknown';
  return changes.findLast(({ at }) => at <= time)?.status ?? before?.status ?? 'unknown';
}

describe('for any history', () => {
  it('the intervals tile the window exactly, and no two neighbours have the same status', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const intervals = intervalsIn(window, history);
        let end = window.from;
        intervals.forEach(({ status, from, to }, index) => {
          expect(from).toBe(end);
          expect(to).toBeGreaterThan(from);
          expect(status).not.toBe(intervals[index - 1]?.status);
          end = to;
        });
        expect(end).toBe(window.to);
      }),
    );
  });

  it('each millisecond has the status that the history gives it', () => {
    fc.assert(
      fc.property(histories, ({ window, history }) => {
        const intervals = intervalsIn(window, history);
        for (let time = window.from; time < window.to; time++) {
          expect(intervals.find(({ from, to }) => from <= time && time < to)?.status).toBe(statusAt(time, history));
        }
      }),
    );
  });

  it('windows that follow one another add up to the window over both', () => {
    fc.assert(
      fc.property(histories, fc.nat(120), ({ window, history }, offset) => {
        const middle = Math.min(window.from + offset, window.to);
        const first = totalsOf(intervalsIn({ from: window.from, to: middle }, { ...history, changes: history.changes.filter(({ at }) => at < middle) }));
        const last = history.changes.findLast(({ at }) => at < middle) ?? history.before;
        const second = totalsOf(intervalsIn({ from: middle, to: window.to }, { covered: history.covered, changes: history.changes.filter(({ at }) => at >= middle), ...(last ? { before: last } : {}) }));
        const whole = totalsOf(intervalsIn(window, history));
        expect({ up: first.up + second.up, degraded: first.degraded + second.degraded, down: first.down + second.down, unknown: first.unknown + second.unknown }).toEqual(whole);
      }),
    );
  });

  it('the figures add up to the length of the window, and the percentage lies within its bounds where all counts', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom('up' as const, 'down' as const), fc.constantFrom('excluded' as const, 'up' as const, 'down' as const), ({ window, history }, degraded, unknown) => {
        const figures = figuresOf(totalsOf(intervalsIn(window, history)), { degraded, unknown });
        expect(figures.totalUptime + figures.totalDowntime + figures.totalUnknown).toBe(window.to - window.from);
        expect(figures.uptimeBounds.low).toBeLessThanOrEqual(figures.uptimeBounds.high);
        if (unknown !== 'excluded' && figures.uptimePercentage !== null) {
          expect(figures.uptimePercentage).toBeGreaterThanOrEqual(figures.uptimeBounds.low);
          expect(figures.uptimePercentage).toBeLessThanOrEqual(figures.uptimeBounds.high);
        }
      }),
    );
  });
});
