import { eventually, sleep } from '../support/eventually.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf, eventsOf, Target, timelineOf } from '../support/uptime-target.js';

const INTERVAL_MS = 200;
const TIMEOUT_MS = 300;
/** Beyond this, time between two samples is unknown: two intervals and a timeout. */
const TOLERANCE_MS = 2 * INTERVAL_MS + TIMEOUT_MS;
/** A change is dated to the start of the first probe that showed it, which may precede the change by a timeout. */
const UNDER_WAY_MS = TIMEOUT_MS;
/** Allowance for a machine that is busy with other tests. */
const LATE_MS = 1_500;

describe('the history of a service', () => {
  const target = new Target();
  let dataDir: string;
  let service: ServiceProcess;

  beforeEach(async () => {
    dataDir = makeDataDir();
    await target.start();
    service = await start();
  });
  afterEach(async () => {
    await service.stop();
    await target.kill();
    removeDataDir(dataDir);
  });

  const start = (): Promise<ServiceProcess> =>
    ServiceProcess.start({
      DATA_DIR: dataDir,
      UPTIME_HTTP_URL: target.url,
      UPTIME_INTERVAL_MS: String(INTERVAL_MS),
      UPTIME_TIMEOUT_MS: String(TIMEOUT_MS),
      UPTIME_FAILURE_THRESHOLD: '3',
      UPTIME_SUCCESS_THRESHOLD: '2',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
    });
  const statuses = async (): Promise<string[]> => (await changesOf(service, 'http')).map(({ data }) => data.status);
  const untilChanges = (count: number): Promise<string[]> => eventually(statuses, ({ length }) => length >= count);

  it('has a change dated to the first failure of a target, and one with the duration for its return', async () => {
    await untilChanges(1);
    const killed = await target.kill();
    expect(await untilChanges(2)).toEqual(['up', 'down']);
    // It stays down, without any further change.
    await sleep(5 * INTERVAL_MS);
    const restored = await target.start();
    expect(await untilChanges(3)).toEqual(['up', 'down', 'up']);

    const [first, down, up] = (await changesOf(service, 'http')).map(({ data }) => ({
      ...data,
      at: Date.parse(data.timestamp),
    }));
    if (!first || !down || !up) throw new Error('three changes are there');
    expect(first).not.toHaveProperty('duration');
    expect(down.at).toBeGreaterThanOrEqual(killed - UNDER_WAY_MS);
    expect(down.at).toBeLessThanOrEqual(killed + INTERVAL_MS + LATE_MS);
    expect([
      `connection refused by ${target.endpoint}`,
      `connection closed by ${target.endpoint} before a response`,
    ]).toContain(down.metadata.error);
    expect(down.duration).toBe(down.at - first.at);
    expect(up.at).toBeGreaterThanOrEqual(restored - UNDER_WAY_MS);
    expect(up.at).toBeLessThanOrEqual(restored + INTERVAL_MS + LATE_MS);
    expect(up.duration).toBe(up.at - down.at);

    const { timeline, currentStatus, totalDowntime } = await eventually(
      () => timelineOf(service, 'http'),
      ({ currentStatus }) => currentStatus === 'up',
    );
    expect(currentStatus).toBe('up');
    expect(timeline.map(({ status }) => status)).toEqual(['unknown', 'up', 'down', 'up']);
    expect(totalDowntime).toBe(up.duration);
    expect(timeline[2]).toMatchObject({ startTime: down.timestamp, endTime: up.timestamp, duration: up.duration });
  });

  it('resumes after kill -9 with the recorded changes, on which the next one builds', async () => {
    await untilChanges(1);
    await target.kill();
    await untilChanges(2);
    await sleep(1_200);
    const before = await eventsOf(service, 'http');
    await service.kill('SIGKILL');

    service = await start();
    const after = await eventually(
      () => eventsOf(service, 'http'),
      (events) => events.length > 0,
    );
    expect(after.slice(0, before.length)).toEqual(before);
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    await sleep(5 * INTERVAL_MS);
    expect(await statuses()).toEqual(['up', 'down']);

    await target.start();
    await untilChanges(3);
    const changes = await changesOf(service, 'http');
    const [, down, up] = changes;
    expect(changes.map(({ data }) => data.status)).toEqual(['up', 'down', 'up']);
    expect(up?.data.duration).toBe(Date.parse(up?.data.timestamp ?? '') - Date.parse(down?.data.timestamp ?? ''));
    expect(new Set((await eventsOf(service, 'http')).map(({ eventId }) => eventId)).size).toBe(4);
    // The seconds before the kill were recorded with the change and the later windows.
    const { timeline } = await eventually(
      () => timelineOf(service, 'http'),
      ({ currentStatus }) => currentStatus === 'up',
    );
    expect(timeline.find(({ status }) => status === 'down')?.startTime).toBe(down?.data.timestamp);
  });

  it('has unknown time, not downtime, while the probing service was stopped', async () => {
    await untilChanges(1);
    await sleep(1_000);
    expect(await service.stop()).toBe(0);
    const stopped = Date.now();
    await sleep(3 * TOLERANCE_MS);
    const started = Date.now();
    service = await start();
    const timeline = await eventually(
      () => timelineOf(service, 'http'),
      ({ timeline }) => timeline.length >= 4,
    );

    expect(timeline.timeline.map(({ status }) => status)).toEqual(['unknown', 'up', 'unknown', 'up']);
    const gap = timeline.timeline[2];
    if (!gap) throw new Error('four intervals are there');
    expect(Date.parse(gap.startTime)).toBeLessThanOrEqual(stopped);
    expect(Date.parse(gap.endTime)).toBeGreaterThanOrEqual(started);
    expect(gap.duration).toBe(Date.parse(gap.endTime) - Date.parse(gap.startTime));
    expect(await statuses()).toEqual(['up']);

    const { body } = await service.get('/api/uptime/summary?hours=1');
    const { services } = body as {
      services: {
        serviceName: string;
        totalDowntime: number;
        totalUptime: number;
        totalUnknown: number;
        uptimePercentage: number;
        uptimeBounds: { low: number; high: number };
      }[];
    };
    const http = services.find(({ serviceName }) => serviceName === 'http');
    expect(http).toMatchObject({ totalDowntime: 0, uptimePercentage: 100, uptimeBounds: { high: 100 } });
    expect((http?.totalUptime ?? 0) + (http?.totalUnknown ?? 0)).toBe(3_600_000);
    expect(http?.uptimeBounds.low).toBeLessThan(1);
  });

  it('covers every window exactly, without gap or overlap', async () => {
    await untilChanges(1);
    await target.kill();
    await untilChanges(2);
    const { body } = await service.get('/api/uptime/timeline/http?hours=24');
    const { startTime, endTime, timeline } = (
      body as {
        timeline: {
          startTime: string;
          endTime: string;
          timeline: { startTime: string; endTime: string; duration: number }[];
        };
      }
    ).timeline;
    expect(timeline.reduce((sum, { duration }) => sum + duration, 0)).toBe(86_400_000);
    expect([timeline[0]?.startTime, timeline.at(-1)?.endTime]).toEqual([startTime, endTime]);
    timeline.slice(1).forEach((interval, index) => expect(interval.startTime).toBe(timeline[index]?.endTime));
  });
});
