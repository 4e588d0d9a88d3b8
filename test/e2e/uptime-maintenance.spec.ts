import { eventually } from '../support/eventually.js';
import { ApiCaller, errorOf, header, type Reply } from '../support/api-caller.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { CORRECTIONS, fromNow, HOUR_MS, MAINTENANCE, NIGHTLY } from '../support/uptime-annotations.js';
import { changesOf, eventsOf, Target } from '../support/uptime-target.js';

interface Occurrence {
  readonly from: string;
  readonly to: string;
}

interface Maintenance {
  readonly id: string;
  readonly cancelled?: { readonly by: string; readonly at: string };
  readonly upcoming: readonly Occurrence[];
}

interface Interval {
  readonly status: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly duration: number;
  readonly maintenance?: true;
  readonly corrected?: true;
}

interface Summary {
  readonly currentStatus: string;
  readonly totalUptime: number;
  readonly totalDowntime: number;
  readonly totalUnknown: number;
  readonly totalMaintenance?: number;
  readonly isCurrentlyUp: boolean;
  readonly maintenance?: { readonly id: string; readonly until: string; readonly reason: string };
}

describe('maintenance and corrections', () => {
  const target = new Target();
  let dataDir: string;
  let service: ServiceProcess;
  let admin: ApiCaller;
  let anyone: ApiCaller;

  beforeAll(async () => {
    dataDir = makeDataDir();
    await target.start();
    service = await start();
    const url = (): string => service.url;
    admin = await ApiCaller.of(url, 'an-admin', 'admin');
    anyone = new ApiCaller(url);
    await eventually(
      () => statuses(),
      ({ length }) => length > 0,
    );
  });
  afterAll(async () => {
    await service.stop();
    await target.kill();
    removeDataDir(dataDir);
  });

  const start = (): Promise<ServiceProcess> =>
    ServiceProcess.start({
      DATA_DIR: dataDir,
      ...AUTH,
      UPTIME_HTTP_URL: target.url,
      UPTIME_INTERVAL_MS: '200',
      UPTIME_TIMEOUT_MS: '300',
      UPTIME_FAILURE_THRESHOLD: '2',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
    });
  const statuses = async (): Promise<string[]> => (await changesOf(service, 'http')).map(({ data }) => data.status);
  const ofType = async (type: string): Promise<unknown[]> =>
    (await eventsOf(service, 'http')).filter((event) => event.type === type);
  const maintenanceIn = ({ body }: Reply): Maintenance => (body as { maintenance: Maintenance }).maintenance;
  const listed = async (): Promise<Maintenance[]> =>
    ((await anyone.get(MAINTENANCE)).body as { maintenance: Maintenance[] }).maintenance;
  const summary = async (query = ''): Promise<Summary> =>
    ((await anyone.get(`/api/uptime/service/http?hours=1${query}`)).body as { service: Summary }).service;
  const timeline = async (): Promise<Interval[]> =>
    ((await anyone.get('/api/uptime/timeline/http?hours=1')).body as { timeline: { timeline: Interval[] } }).timeline
      .timeline;
  const status = async (): Promise<Summary> => {
    const { services } = (await anyone.get('/api/uptime/status')).body as {
      services: (Summary & { serviceName: string })[];
    };
    const http = services.find(({ serviceName }) => serviceName === 'http');
    if (!http) throw new Error('http is a service');
    return http;
  };

  it('shows a scheduled window at once in status, timeline and figures, and keeps probing during it', async () => {
    const window = { from: fromNow(-30 * 60_000), to: fromNow(HOUR_MS), reason: 'a new disk' };
    const scheduled = await admin.post(MAINTENANCE, window);
    expect(scheduled.status).toBe(201);
    const { id } = maintenanceIn(scheduled);
    expect(maintenanceIn(scheduled)).toEqual({
      id: expect.stringMatching(/^mnt_[0-9a-z]{24}$/) as string,
      ...window,
      scheduledBy: 'an-admin',
      upcoming: [{ from: window.from, to: window.to }],
    });
    expect(await listed()).toEqual([maintenanceIn(scheduled)]);
    expect(await status()).toMatchObject({
      currentStatus: 'up',
      maintenance: { id, until: window.to, reason: 'a new disk' },
    });

    await target.kill();
    expect(await eventually(statuses, ({ length }) => length >= 2)).toEqual(['up', 'down']);
    const intervals = await eventually(timeline, (found) => found.some((interval) => interval.status === 'down'));
    expect(intervals.map((interval) => [interval.status, interval.maintenance])).toEqual([
      ['unknown', undefined],
      ['unknown', true],
      ['up', true],
      ['down', true],
    ]);
    expect(intervals[1]?.startTime).toBe(window.from);

    const current = await summary();
    expect(current).toMatchObject({ currentStatus: 'down', totalUptime: 0, totalDowntime: 0, maintenance: { id } });
    expect(current.totalUnknown + (current.totalMaintenance ?? 0)).toBe(HOUR_MS);
    expect((await summary('&maintenance=asProbed')).totalDowntime).toBeGreaterThan(0);
    expect(await summary('&maintenance=up')).toMatchObject({ totalDowntime: 0, isCurrentlyUp: true });
    expect((await summary('&maintenance=down')).totalDowntime).toBeGreaterThanOrEqual(30 * 60_000);
    expect(errorOf(await anyone.get('/api/uptime/summary?maintenance=maybe'))).toMatchObject({
      type: 'validation-error',
      details: { mistakes: [{ path: 'maintenance' }] },
    });

    const cancelled = await admin.delete(`${MAINTENANCE}/${id}`);
    expect(cancelled.status).toBe(200);
    expect(maintenanceIn(cancelled)).toMatchObject({ id, cancelled: { by: 'an-admin' }, upcoming: [] });
    expect(await status()).not.toHaveProperty('maintenance');
    // Time that has passed stays recorded.
    expect((await summary()).totalMaintenance).toBeGreaterThanOrEqual(30 * 60_000);
    await target.start();
    await eventually(statuses, (changes) => changes.length >= 3);
  });

  it('applies a correction to the figures, shows it in the timeline, and can revert it by another', async () => {
    const changes = await changesOf(service, 'http');
    const [from, to] = [changes.at(-2)?.data.timestamp ?? '', changes.at(-1)?.data.timestamp ?? ''];
    const downtime = Date.parse(to) - Date.parse(from);
    const downtimeOf = async (): Promise<number> => (await summary('&maintenance=asProbed')).totalDowntime;
    expect(await eventually(downtimeOf, (value) => value === downtime)).toBe(downtime);

    const correction = { from, to, status: 'up', reason: 'a false alarm' };
    const made = await admin.post(CORRECTIONS, correction);
    expect(made).toMatchObject({
      status: 201,
      body: {
        correction: {
          id: expect.stringMatching(/^cor_[0-9a-z]{24}$/) as string,
          ...correction,
          correctedBy: 'an-admin',
        },
      },
    });
    expect(await downtimeOf()).toBe(0);
    const corrected = (await timeline()).filter((interval) => interval.corrected);
    expect(corrected.every((interval) => interval.status === 'up')).toBe(true);
    expect(corrected.reduce((sum, { duration }) => sum + duration, 0)).toBe(downtime);
    expect((await timeline()).some((interval) => interval.status === 'down')).toBe(false);

    await admin.post(CORRECTIONS, { ...correction, status: 'asProbed', reason: 'it was none' });
    expect(await downtimeOf()).toBe(downtime);
    expect((await timeline()).some((interval) => interval.corrected)).toBe(false);
    expect(
      ((await anyone.get(CORRECTIONS)).body as { corrections: { status: string }[] }).corrections.map(
        (each) => each.status,
      ),
    ).toEqual(['up', 'asProbed']);
  });

  it('repeats a recurring window by the wall clock of its time zone until it is deleted', async () => {
    const scheduled = await admin.post(MAINTENANCE, {
      from: '2026-01-01T00:00:00+01:00',
      recurrence: NIGHTLY,
      reason: 'backups',
    });
    expect(scheduled.status).toBe(201);
    const { id, upcoming } = maintenanceIn(scheduled);
    expect(upcoming).toHaveLength(10);
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Amsterdam', timeStyle: 'short' });
    for (const { from, to } of upcoming) {
      expect(clock.format(new Date(from))).toBe('02:00');
      expect(Date.parse(to) - Date.parse(from)).toBe(HOUR_MS);
    }

    const deleted = await admin.delete(`${MAINTENANCE}/${id}`);
    expect(maintenanceIn(deleted)).toMatchObject({ recurrence: NIGHTLY, cancelled: { by: 'an-admin' }, upcoming: [] });
    expect(maintenanceIn(await admin.delete(`${MAINTENANCE}/${id}`))).toEqual(maintenanceIn(deleted));
    expect((await listed()).find((each) => each.id === id)).toEqual(maintenanceIn(deleted));
  });

  it('executes a request once, however often it is sent with the same Idempotency-Key', async () => {
    const window = { from: fromNow(HOUR_MS), to: fromNow(2 * HOUR_MS), reason: 'once' };
    const before = (await ofType('MaintenanceScheduled')).length;
    const key = { 'idempotency-key': 'once-1' };
    const replies = await Promise.all(Array.from({ length: 5 }, () => admin.post(MAINTENANCE, window, key)));
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([201]));
    expect(new Set(replies.map((reply) => maintenanceIn(reply).id)).size).toBe(1);
    const again = await admin.post(MAINTENANCE, window, key);
    expect(header(again, 'Idempotency-Replayed')).toBe('true');
    expect(await ofType('MaintenanceScheduled')).toHaveLength(before + 1);
    expect(errorOf(await admin.post(MAINTENANCE, { ...window, reason: 'twice' }, key))).toMatchObject({
      type: 'validation-error',
      message: "The Idempotency-Key 'once-1' was used for another request; use a new key for a new request",
    });
  });

  it('accepts all concurrent writes, beside those of the prober', async () => {
    const before = await listed();
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        admin.post(MAINTENANCE, { from: fromNow(HOUR_MS), to: fromNow(2 * HOUR_MS), reason: `window ${index}` }),
      ),
    );
    expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 201));
    expect(await listed()).toHaveLength(before.length + 8);
  });

  it('keeps windows and corrections after a restart', async () => {
    const before = await listed();
    expect(before.length).toBeGreaterThan(5);
    expect(await service.stop()).toBe(0);
    service = await start();
    const withoutUpcoming = (windows: readonly Maintenance[]): unknown[] =>
      windows.map(({ upcoming: _, ...rest }) => rest);
    expect(withoutUpcoming(await eventually(listed, ({ length }) => length === before.length))).toEqual(
      withoutUpcoming(before),
    );
  });
});
