import { HTTP, ManualClock, NOON } from '../../../../test/support/probed-service.js';
import { StreamNotFoundError, ValidationError } from '../../../event-store/domain/index.js';
import {
  type Correction,
  DEFAULT_POLICY,
  statusIntervals,
  type MaintenanceWindow,
  maintenanceIn,
  type TimeRange,
  type StatusChange,
  type StatusTotals,
  sumIntervals,
  totalTime,
  type LiveService,
  type ProbeAttempt,
  type UptimeHistory,
} from '../../domain/index.js';
import { HOUR_MS, UptimeQueries } from './uptime-queries.js';

const MINUTE = 60_000;

/** In-memory history: a simple reference implementation of the read model. */
class ListedHistory implements UptimeHistory {
  constructor(
    private readonly changes: readonly StatusChange[] = [],
    private readonly spans: readonly TimeRange[] = [],
    private readonly streams: readonly string[] = ['http'],
    private readonly said: {
      readonly maintenance?: readonly MaintenanceWindow[];
      readonly corrections?: readonly Correction[];
      readonly finalUntil?: number;
    } = {},
  ) {}

  maintenance(service: string): readonly MaintenanceWindow[] {
    return service === 'http' ? (this.said.maintenance ?? []) : [];
  }

  corrections(service: string): readonly Correction[] {
    return service === 'http' ? (this.said.corrections ?? []) : [];
  }

  finalUntil(): number | undefined {
    return this.said.finalUntil;
  }

  totalsIn(service: string, window: TimeRange): StatusTotals {
    const before = this.lastChange(service, window.from - 1);
    const known = {
      changes: this.changesIn(service, window),
      covered: this.coveredIn(service, window),
      maintenance: maintenanceIn(this.maintenance(service), window),
      corrections: this.corrections(service),
    };
    return sumIntervals(statusIntervals(window, { ...known, ...(before ? { before } : {}) }));
  }

  services(): string[] {
    return [...this.streams];
  }

  lastChange(service: string, at = Infinity): StatusChange | undefined {
    return this.changes.findLast((change) => change.serviceName === service && change.at <= at);
  }

  changesIn(service: string, { from, to }: TimeRange): StatusChange[] {
    return this.changes.filter((change) => change.serviceName === service && change.at >= from && change.at < to);
  }

  coveredIn(service: string, { from, to }: TimeRange): TimeRange[] {
    return service === 'http' ? this.spans.filter((span) => span.to >= from && span.from <= to) : [];
  }
}

const change = (status: StatusChange['status'], at: number, serviceName = 'http'): StatusChange => ({
  serviceName,
  status,
  at,
  metadata: {},
  eventId: `evt_${at}_${status}00000000`,
});
const live = (known: Partial<LiveService> = {}): LiveService => ({
  service: HTTP,
  latestChanges: [],
  covered: [],
  lastProbe: undefined,
  ...known,
});
const ask = (history: UptimeHistory, services: readonly LiveService[] = [live()]): UptimeQueries =>
  new UptimeQueries(
    history,
    { monitors: new Map(services.map((known) => [known.service.name, known])) },
    new ManualClock(),
  );
const always: TimeRange[] = [{ from: 0, to: NOON - 5_000 }];

describe('the summary of a service', () => {
  it('covers the whole window when the last change is older', () => {
    expect(ask(new ListedHistory([change('up', NOON - 100 * HOUR_MS)], always)).service('http', 24)).toMatchObject({
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
    expect(ask(new ListedHistory([], [], [])).service('http', 24)).toMatchObject({
      currentStatus: 'unknown',
      isCurrentlyUp: false,
      uptimePercentage: null,
      totalUnknown: 24 * HOUR_MS,
      uptimeBounds: { low: 0, high: 100 },
      lastChange: undefined,
    });
  });

  it('counts the time without a running prober as unknown, not as down', () => {
    const spans = [
      { from: 0, to: NOON - 40 * MINUTE },
      { from: NOON - 10 * MINUTE, to: NOON },
    ];
    expect(ask(new ListedHistory([change('up', 0)], spans)).service('http', 1)).toMatchObject({
      totalUptime: 30 * MINUTE,
      totalUnknown: 30 * MINUTE,
      totalDowntime: 0,
      uptimePercentage: 100,
      uptimeBounds: { low: 50, high: 100 },
    });
  });

  it('counts the time since the last recorded sample as probed when this process has probed since', () => {
    const recorded = [{ from: 0, to: NOON - 10 * MINUTE }];
    expect(ask(new ListedHistory([change('up', 0)], recorded)).service('http', 1).totalUnknown).toBe(10 * MINUTE);
    const probing = live({ covered: [{ from: NOON - 10 * MINUTE + 10_000, to: NOON - 5_000 }] });
    expect(ask(new ListedHistory([change('up', 0)], recorded), [probing]).service('http', 1).totalUnknown).toBe(0);
  });

  it('includes a change that is not recorded yet', () => {
    const waiting = live({ latestChanges: [change('up', 0), change('down', NOON - 15 * MINUTE)] });
    expect(ask(new ListedHistory([change('up', 0)], always), [waiting]).service('http', 1)).toMatchObject({
      currentStatus: 'down',
      isCurrentlyUp: false,
      totalDowntime: 15 * MINUTE,
      totalUptime: 45 * MINUTE,
      uptimePercentage: 75,
    });
  });

  it('counts a change once that is both recorded and still pending in this process', () => {
    const down = change('down', NOON - 15 * MINUTE);
    const timeline = ask(new ListedHistory([change('up', 0), down], always), [
      live({ latestChanges: [down] }),
    ]).timeline('http', 1);
    expect(timeline.intervals.map(({ status }) => status)).toEqual(['up', 'down']);
  });

  it('prefers a later change that another replica has recorded', () => {
    const stale = live({ latestChanges: [change('down', NOON - 30 * MINUTE)] });
    expect(
      ask(new ListedHistory([change('down', NOON - 30 * MINUTE), change('up', NOON - 20 * MINUTE)], always), [
        stale,
      ]).service('http', 1),
    ).toMatchObject({ currentStatus: 'up' });
  });

  it('counts a degraded service as up or down by policy', () => {
    const queries = ask(new ListedHistory([change('degraded', 0)], always));
    expect(queries.service('http', 1)).toMatchObject({ isCurrentlyUp: true, uptimePercentage: 100 });
    expect(queries.service('http', 1, { ...DEFAULT_POLICY, degraded: 'down' })).toMatchObject({
      isCurrentlyUp: false,
      uptimePercentage: 0,
    });
  });
});

describe('the current status', () => {
  it('returns unknown and the last change when no probe lies within the tolerance', () => {
    const status = (lastProbed: number): unknown =>
      ask(new ListedHistory([change('up', 0)], [{ from: 0, to: lastProbed }])).status()[0]?.currentStatus;
    expect(status(NOON - 25_000)).toBe('up');
    expect(status(NOON - 25_001)).toBe('unknown');
  });

  it('lists configured services in order, then services that only have history', () => {
    const websocket = live({ service: { ...HTTP, name: 'websocket' } });
    expect(
      ask(new ListedHistory([], [], ['archived', 'http', 'websocket']), [websocket, live()])
        .status()
        .map(({ serviceName }) => serviceName),
    ).toEqual(['websocket', 'http', 'archived']);
  });

  it('includes the last probe of this process, confirmed or not', () => {
    const lastProbe: ProbeAttempt = {
      sample: { at: NOON - 1_000, responseMicros: 900, status: 'down', error: 'answered 503' },
      answer: { responseTime: 0.9, error: 'answered 503', delay: 0 },
    };
    expect(ask(new ListedHistory(), [live({ lastProbe })]).status()[0]?.lastProbe).toEqual(lastProbe);
  });
});

describe('the timeline of a service', () => {
  it('returns one interval when the last change is older than the window', () => {
    expect(ask(new ListedHistory([change('up', 0)], always)).timeline('http', 1).intervals).toEqual([
      { status: 'up', from: NOON - HOUR_MS, to: NOON, change: undefined },
    ]);
  });

  it('tiles the window, and includes the change that started each interval', () => {
    const down = change('down', NOON - 30 * MINUTE);
    const { window, intervals } = ask(
      new ListedHistory([change('up', 0), down], [{ from: NOON - 45 * MINUTE, to: NOON }]),
    ).timeline('http', 1);
    expect(window).toEqual({ from: NOON - HOUR_MS, to: NOON });
    expect(intervals).toEqual([
      { status: 'unknown', from: NOON - HOUR_MS, to: NOON - 45 * MINUTE, change: undefined },
      { status: 'up', from: NOON - 45 * MINUTE, to: NOON - 30 * MINUTE, change: undefined },
      { status: 'down', from: NOON - 30 * MINUTE, to: NOON, change: down },
    ]);
  });
});

describe('maintenance', () => {
  const window = (from: number, to: number): MaintenanceWindow => ({
    id: 'mnt_1',
    from,
    to,
    reason: 'a new disk',
    scheduledBy: 'an-admin',
  });
  const changes = [change('up', 0), change('down', NOON - 30 * MINUTE), change('up', NOON - 15 * MINUTE)];
  const maintained = (...maintenance: MaintenanceWindow[]): UptimeQueries =>
    ask(new ListedHistory(changes, always, ['http'], { maintenance }));
  const disk = window(NOON - 40 * MINUTE, NOON - 20 * MINUTE);

  it('is excluded from the figures, or counted by policy', () => {
    expect(maintained(disk).service('http', 1)).toMatchObject({
      totalUptime: 35 * MINUTE,
      totalDowntime: 5 * MINUTE,
      totalMaintenance: 20 * MINUTE,
      uptimePercentage: 87.5,
    });
    expect(maintained(disk).summary(1, { ...DEFAULT_POLICY, maintenance: 'asProbed' })).toMatchObject([
      { totalUptime: 45 * MINUTE, totalDowntime: 15 * MINUTE, totalMaintenance: 0, uptimePercentage: 75 },
    ]);
    expect(maintained(disk).service('http', 1, { ...DEFAULT_POLICY, maintenance: 'up' })).toMatchObject({
      totalUptime: 55 * MINUTE,
      totalDowntime: 5 * MINUTE,
    });
  });

  it('appears in the timeline together with the probed status', () => {
    expect(
      maintained(disk)
        .timeline('http', 1)
        .intervals.map(({ status, from, to, maintenance }) => [
          status,
          (from - NOON) / MINUTE,
          (to - NOON) / MINUTE,
          maintenance,
        ]),
    ).toEqual([
      ['up', -60, -40, undefined],
      ['up', -40, -30, true],
      ['down', -30, -20, true],
      ['down', -20, -15, undefined],
      ['up', -15, 0, undefined],
    ]);
  });

  it('appears in the current status while it is active, and leaves the probed status unchanged', () => {
    const current = window(NOON - MINUTE, NOON + HOUR_MS);
    expect(maintained(current).status()).toMatchObject([
      { currentStatus: 'up', maintenance: { window: current, from: NOON - MINUTE, to: NOON + HOUR_MS } },
    ]);
    expect(maintained(disk, window(NOON + 1, NOON + 2)).status()[0]?.maintenance).toBeUndefined();
    expect(maintained(current).service('http', 1, { ...DEFAULT_POLICY, maintenance: 'down' }).isCurrentlyUp).toBe(
      false,
    );
    expect(maintained(current).service('http', 1).isCurrentlyUp).toBe(true);
  });
});

describe('a correction', () => {
  const down = change('down', NOON - 30 * MINUTE);
  const corrections: Correction[] = [
    {
      id: 'cor_1',
      from: NOON - 30 * MINUTE,
      to: NOON - 15 * MINUTE,
      status: 'up',
      reason: 'a false alarm',
      correctedBy: 'an-admin',
    },
  ];
  const corrected = ask(
    new ListedHistory([change('up', 0), down, change('up', NOON - 10 * MINUTE)], always, ['http'], { corrections }),
  );

  it('overrides the probed status', () => {
    expect(corrected.service('http', 1)).toMatchObject({ totalUptime: 55 * MINUTE, totalDowntime: 5 * MINUTE });
  });

  it('is marked in the timeline, without the change that it corrects', () => {
    expect(corrected.timeline('http', 1).intervals).toMatchObject([
      { status: 'up', to: NOON - 30 * MINUTE },
      { status: 'up', from: NOON - 30 * MINUTE, to: NOON - 15 * MINUTE, corrected: true, change: undefined },
      { status: 'down', from: NOON - 15 * MINUTE, to: NOON - 10 * MINUTE },
      { status: 'up', from: NOON - 10 * MINUTE },
    ]);
  });
});

describe('totals of finished days', () => {
  const DAY = 24 * HOUR_MS;
  const history = (
    finalUntil: number,
    unread: readonly StatusChange[] = [],
  ): { readonly asked: TimeRange[]; readonly queries: UptimeQueries } => {
    const asked: TimeRange[] = [];
    class Settled extends ListedHistory {
      override totalsIn(service: string, window: TimeRange): StatusTotals {
        asked.push(window);
        return super.totalsIn(service, window);
      }
    }
    const changes = [change('up', 0), change('down', NOON - 40 * HOUR_MS), change('up', NOON - 20 * HOUR_MS)];
    return {
      asked,
      queries: ask(new Settled(changes, always, ['http'], { finalUntil }), [live({ latestChanges: unread })]),
    };
  };

  it('are read as sums, and add up with the remaining intervals', () => {
    const midnight = NOON - 12 * HOUR_MS;
    const { asked, queries } = history(midnight);
    expect(queries.service('http', 48)).toMatchObject({ totalUptime: 28 * HOUR_MS, totalDowntime: 20 * HOUR_MS });
    expect(asked).toEqual([{ from: NOON - 2 * DAY, to: midnight }]);
    expect(asked.map((span) => totalTime(new ListedHistory().totalsIn('http', span)))).toEqual([1.5 * DAY]);
  });

  it('are not used after a change that the read model does not contain yet', () => {
    const unread = change('down', NOON - 13 * HOUR_MS);
    const { asked, queries } = history(NOON - 12 * HOUR_MS, [unread]);
    expect(queries.service('http', 48)).toMatchObject({ totalUptime: 15 * HOUR_MS, totalDowntime: 33 * HOUR_MS });
    expect(asked).toEqual([{ from: NOON - 2 * DAY, to: unread.at }]);
  });

  it('are not used when the window starts after them', () => {
    const { asked, queries } = history(NOON - 12 * HOUR_MS);
    expect(queries.service('http', 1).totalUptime).toBe(HOUR_MS);
    expect(asked).toEqual([]);
  });
});

describe('a service that does not exist', () => {
  it('fails with an error that names its stream', () => {
    const queries = ask(new ListedHistory());
    expect(() => queries.service('printer', 24)).toThrow(new StreamNotFoundError('service-uptime-printer'));
    expect(() => queries.timeline('printer', 24)).toThrow(StreamNotFoundError);
  });

  it('fails validation when the name is invalid', () => {
    expect(() => ask(new ListedHistory()).service('../etc', 24)).toThrow(ValidationError);
  });

  it('is found by its history after it was removed from the configuration', () => {
    expect(ask(new ListedHistory([change('up', 0)], always), []).service('http', 1)).toMatchObject({
      currentStatus: 'unknown',
      totalUptime: HOUR_MS - 5_000,
      totalUnknown: 5_000,
    });
  });
});
