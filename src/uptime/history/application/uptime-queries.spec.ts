import { HTTP, NOON } from '../../../../test/support/probed-service.js';
import { ALWAYS, change, ListedHistory, live, lastHours, queriesOf } from '../../../../test/support/uptime-queries.js';
import { StreamNotFoundError, ValidationError } from '../../../event-store/domain/index.js';
import {
  DEFAULT_POLICY,
  type ProbeAttempt,
  type StatusChange,
  type StatusTotals,
  type TimeRange,
  totalTime,
} from '../../domain/index.js';
import { type ServiceStatusView, type UptimeQueries } from './uptime-queries.js';
import { HOUR_MS } from './uptime-window.js';

const MINUTE = 60_000;

describe('the summary of a service', () => {
  it('covers the whole window when the last change is older', () => {
    expect(
      queriesOf(new ListedHistory([change('up', NOON - 100 * HOUR_MS)], ALWAYS)).service('http', lastHours(24)),
    ).toMatchObject({
      currentStatus: 'up',
      isCurrentlyUp: true,
      uptimePercentage: 100,
      totalUptime: 24 * HOUR_MS,
      totalDowntime: 0,
      totalUnknown: 0,
      uptimeBounds: { low: 100, high: 100 },
      lastChange: { at: NOON - 100 * HOUR_MS },
    });
  });

  it('returns unknown for a configured service that was never probed', () => {
    expect(queriesOf(new ListedHistory([], [], [])).service('http', lastHours(24))).toMatchObject({
      currentStatus: 'unknown',
      isCurrentlyUp: false,
      uptimePercentage: null,
      totalUnknown: 24 * HOUR_MS,
      uptimeBounds: { low: 0, high: 100 },
      lastChange: undefined,
    });
  });

  it('counts the time without a running prober as unknown, not as down', () => {
    const covered = [
      { from: 0, to: NOON - 40 * MINUTE },
      { from: NOON - 10 * MINUTE, to: NOON },
    ];
    expect(queriesOf(new ListedHistory([change('up', 0)], covered)).service('http', lastHours(1))).toMatchObject({
      totalUptime: 30 * MINUTE,
      totalUnknown: 30 * MINUTE,
      totalDowntime: 0,
      uptimePercentage: 100,
      uptimeBounds: { low: 50, high: 100 },
    });
  });

  it('counts the time since the last recorded sample as probed when this process has probed since', () => {
    const recorded = [{ from: 0, to: NOON - 10 * MINUTE }];
    expect(queriesOf(new ListedHistory([change('up', 0)], recorded)).service('http', lastHours(1)).totalUnknown).toBe(
      10 * MINUTE,
    );
    const probing = live({ covered: [{ from: NOON - 10 * MINUTE + 10_000, to: NOON - 5_000 }] });
    expect(
      queriesOf(new ListedHistory([change('up', 0)], recorded), [probing]).service('http', lastHours(1)).totalUnknown,
    ).toBe(0);
  });

  it('includes a change that is not recorded yet', () => {
    const waiting = live({ latestChanges: [change('up', 0), change('down', NOON - 15 * MINUTE)] });
    expect(
      queriesOf(new ListedHistory([change('up', 0)], ALWAYS), [waiting]).service('http', lastHours(1)),
    ).toMatchObject({
      currentStatus: 'down',
      isCurrentlyUp: false,
      totalDowntime: 15 * MINUTE,
      totalUptime: 45 * MINUTE,
      uptimePercentage: 75,
    });
  });

  it('counts a change once that is both recorded and still pending in this process', () => {
    const down = change('down', NOON - 15 * MINUTE);
    const timeline = queriesOf(new ListedHistory([change('up', 0), down], ALWAYS), [
      live({ latestChanges: [down] }),
    ]).timeline('http', lastHours(1));
    expect(timeline.intervals.map(({ status }) => status)).toEqual(['up', 'down']);
  });

  it('prefers a later change that another replica has recorded', () => {
    const stale = live({ latestChanges: [change('down', NOON - 30 * MINUTE)] });
    expect(
      queriesOf(new ListedHistory([change('down', NOON - 30 * MINUTE), change('up', NOON - 20 * MINUTE)], ALWAYS), [
        stale,
      ]).service('http', lastHours(1)),
    ).toMatchObject({ currentStatus: 'up' });
  });

  it('counts a degraded service as up or down by policy', () => {
    const queries = queriesOf(new ListedHistory([change('degraded', 0)], ALWAYS));
    expect(queries.service('http', lastHours(1))).toMatchObject({ isCurrentlyUp: true, uptimePercentage: 100 });
    expect(queries.service('http', lastHours(1), { ...DEFAULT_POLICY, degraded: 'down' })).toMatchObject({
      isCurrentlyUp: false,
      uptimePercentage: 0,
    });
  });
});

describe('the current status', () => {
  it('returns unknown and the last change when no probe lies within the tolerance', () => {
    const status = (lastProbed: number): unknown =>
      queriesOf(new ListedHistory([change('up', 0)], [{ from: 0, to: lastProbed }])).status()[0]?.currentStatus;
    expect(status(NOON - 25_000)).toBe('up');
    expect(status(NOON - 25_001)).toBe('unknown');
  });

  it('lists configured services in order, then those that only have history if removed services are requested', () => {
    const websocket = live({ service: { ...HTTP, name: 'websocket' } });
    const queries = queriesOf(new ListedHistory([], [], ['archived', 'http', 'websocket']), [websocket, live()]);
    const listed = (services: readonly ServiceStatusView[]): unknown[] =>
      services.map(({ serviceName, isRemoved }) => [serviceName, isRemoved]);
    const configured = [
      ['websocket', false],
      ['http', false],
    ];
    expect(listed(queries.status())).toEqual(configured);
    expect(listed(queries.summary(lastHours(1)))).toEqual(configured);
    expect(listed(queries.status({ removed: true }))).toEqual([...configured, ['archived', true]]);
    expect(listed(queries.summary(lastHours(1), undefined, { removed: true }))).toEqual([
      ...configured,
      ['archived', true],
    ]);
  });

  it('has the tags of the stream, then those of the configuration; a list can be filtered by each of them', () => {
    const shop = live({ service: { ...HTTP, name: 'shop', tags: ['eu', 'monitoring'] } });
    const queries = queriesOf(new ListedHistory([], [], ['archived', 'http', 'shop']), [live(), shop]);
    const tags = [
      ['uptime', 'monitoring', 'http'],
      ['uptime', 'monitoring', 'shop', 'eu'],
    ];
    expect(queries.status().map((service) => service.tags)).toEqual(tags);
    expect(queries.summary(lastHours(1)).map((service) => service.tags)).toEqual(tags);
    for (const [tag, removed, names] of [
      ['eu', false, ['shop']],
      ['http', false, ['http']],
      ['monitoring', true, ['http', 'shop', 'archived']],
      ['archived', true, ['archived']],
      ['archived', false, []],
      ['e', false, []],
    ] as const) {
      expect(queries.status({ tag, removed }).map(({ serviceName }) => serviceName)).toEqual(names);
      const summary = queries.summary(lastHours(1), undefined, { tag, removed });
      expect(summary.map(({ serviceName }) => serviceName)).toEqual(names);
    }
  });

  it('is unknown for a paused service, also directly after its last probe', () => {
    const paused = live({ service: { ...HTTP, isPaused: true } });
    const covered = [{ from: NOON - 60_000, to: NOON - 10 }];
    for (const [service, currentStatus] of [
      [live(), 'up'],
      [paused, 'unknown'],
    ] as const) {
      const [view] = queriesOf(new ListedHistory([change('up', NOON - 60_000)], covered), [service]).summary(
        lastHours(1),
      );
      expect(view).toMatchObject({ currentStatus, isPaused: currentStatus === 'unknown' });
      expect(view?.totalUptime).toBe(currentStatus === 'up' ? 60_000 : 59_990);
    }
  });

  it('includes the last probe of this process, confirmed or not', () => {
    const lastProbe: ProbeAttempt = {
      sample: { at: NOON - 1_000, responseMicros: 900, status: 'down', error: 'answered 503' },
      result: { responseTime: 0.9, error: 'answered 503', delay: 0 },
    };
    expect(queriesOf(new ListedHistory(), [live({ lastProbe })]).status()[0]?.lastProbe).toEqual(lastProbe);
  });
});

describe('the timeline of a service', () => {
  it('returns one interval when the last change is older than the window', () => {
    expect(queriesOf(new ListedHistory([change('up', 0)], ALWAYS)).timeline('http', lastHours(1)).intervals).toEqual([
      { status: 'up', from: NOON - HOUR_MS, to: NOON, change: undefined },
    ]);
  });

  it('tiles the window, and includes the change that started each interval', () => {
    const down = change('down', NOON - 30 * MINUTE);
    const { window, intervals } = queriesOf(
      new ListedHistory([change('up', 0), down], [{ from: NOON - 45 * MINUTE, to: NOON }]),
    ).timeline('http', lastHours(1));
    expect(window).toEqual({ from: NOON - HOUR_MS, to: NOON });
    expect(intervals).toEqual([
      { status: 'unknown', from: NOON - HOUR_MS, to: NOON - 45 * MINUTE, change: undefined },
      { status: 'up', from: NOON - 45 * MINUTE, to: NOON - 30 * MINUTE, change: undefined },
      { status: 'down', from: NOON - 30 * MINUTE, to: NOON, change: down },
    ]);
  });
});

describe('a window that has passed', () => {
  const changes = [change('up', 0), change('down', NOON - 90 * MINUTE), change('up', NOON - 30 * MINUTE)];
  const window = { from: NOON - 2 * HOUR_MS, to: NOON - HOUR_MS };

  it('has the figures of its time, with the status now', () => {
    const queries = queriesOf(new ListedHistory(changes, ALWAYS));
    const expected = { currentStatus: 'up', isCurrentlyUp: true, totalUptime: 30 * MINUTE, totalDowntime: 30 * MINUTE };
    expect(queries.service('http', window)).toMatchObject({ ...expected, totalUnknown: 0, lastChange: changes[2] });
    expect(queries.summary(window)).toMatchObject([expected]);
    expect(queries.timeline('http', window)).toMatchObject({
      ...expected,
      window,
      intervals: [{ status: 'up' }, { status: 'down', from: NOON - 90 * MINUTE, to: NOON - HOUR_MS }],
    });
  });

  it('is unknown behind the last probe, also within the tolerance, as there was no later one', () => {
    const covered = [{ from: 0, to: NOON - HOUR_MS - 20_000 }];
    expect(queriesOf(new ListedHistory(changes, covered)).service('http', window)).toMatchObject({
      totalUnknown: 20_000,
      totalDowntime: 30 * MINUTE - 20_000,
    });
  });

  it('does not count what this process has not recorded yet and happened later', () => {
    const service = live({ latestChanges: [change('down', NOON - 10_000)], covered: [{ from: 0, to: NOON - 1_000 }] });
    expect(queriesOf(new ListedHistory(changes, []), [service]).service('http', window)).toMatchObject({
      currentStatus: 'down',
      totalUptime: 30 * MINUTE,
      totalDowntime: 30 * MINUTE,
    });
  });
});

describe('totals of finished days', () => {
  const DAY = 24 * HOUR_MS;
  const history = (
    finalUntil: number,
    unread: readonly StatusChange[] = [],
  ): { readonly windows: TimeRange[]; readonly queries: UptimeQueries } => {
    const windows: TimeRange[] = [];
    class RecordingHistory extends ListedHistory {
      override totalsIn(service: string, window: TimeRange): StatusTotals {
        windows.push(window);
        return super.totalsIn(service, window);
      }
    }
    const changes = [change('up', 0), change('down', NOON - 40 * HOUR_MS), change('up', NOON - 20 * HOUR_MS)];
    return {
      windows,
      queries: queriesOf(new RecordingHistory(changes, ALWAYS, ['http'], { finalUntil }), [
        live({ latestChanges: unread }),
      ]),
    };
  };

  it('are read as sums, and add up with the remaining intervals', () => {
    const midnight = NOON - 12 * HOUR_MS;
    const { windows, queries } = history(midnight);
    expect(queries.service('http', lastHours(48))).toMatchObject({
      totalUptime: 28 * HOUR_MS,
      totalDowntime: 20 * HOUR_MS,
    });
    expect(windows).toEqual([{ from: NOON - 2 * DAY, to: midnight }]);
    expect(windows.map((window) => totalTime(new ListedHistory().totalsIn('http', window)))).toEqual([1.5 * DAY]);
  });

  it('are not used after a change that the read model does not contain yet', () => {
    const unread = change('down', NOON - 13 * HOUR_MS);
    const { windows, queries } = history(NOON - 12 * HOUR_MS, [unread]);
    expect(queries.service('http', lastHours(48))).toMatchObject({
      totalUptime: 15 * HOUR_MS,
      totalDowntime: 33 * HOUR_MS,
    });
    expect(windows).toEqual([{ from: NOON - 2 * DAY, to: unread.at }]);
  });

  it('are not used when the window starts after them', () => {
    const { windows, queries } = history(NOON - 12 * HOUR_MS);
    expect(queries.service('http', lastHours(1)).totalUptime).toBe(HOUR_MS);
    expect(windows).toEqual([]);
  });
});

describe('a service that does not exist', () => {
  it('fails with an error that names its stream and the known services', () => {
    const queries = queriesOf(new ListedHistory());
    expect(() => queries.service('printer', lastHours(24))).toThrow(
      new StreamNotFoundError('service-uptime-printer', undefined, "there is no service 'printer'; known are http"),
    );
    expect(() => queries.timeline('printer', lastHours(24))).toThrow(StreamNotFoundError);
  });

  it('fails validation when the name is invalid', () => {
    expect(() => queriesOf(new ListedHistory()).service('../etc', lastHours(24))).toThrow(ValidationError);
  });

  it('is found by its history after it was removed from the configuration', () => {
    expect(queriesOf(new ListedHistory([change('up', 0)], ALWAYS), []).service('http', lastHours(1))).toMatchObject({
      currentStatus: 'unknown',
      totalUptime: HOUR_MS - 5_000,
      totalUnknown: 5_000,
    });
  });
});
