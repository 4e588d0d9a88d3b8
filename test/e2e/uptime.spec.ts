import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf, Target } from '../support/uptime-target.js';
import { LAG_MEMBER } from '../../src/uptime/history/http/last-probe.dto.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const anInstant = expect.stringMatching(ISO) as string;
const anInteger = (value: unknown): boolean => Number.isSafeInteger(value);

interface Summary {
  readonly serviceName: string;
  readonly totalUptime: number;
  readonly totalDowntime: number;
  readonly totalUnknown: number;
}

describe('the uptime API', () => {
  const target = new Target();
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = makeDataDir();
    await target.start();
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      UPTIME_HTTP_URL: target.url,
      UPTIME_INTERVAL_MS: '200',
      UPTIME_TIMEOUT_MS: '500',
    });
    await eventually(
      async () =>
        (await Promise.all(['http', 'websocket', 'database'].map((name) => changesOf(service, name)))).map(
          ({ length }) => length,
        ),
      (counts) => counts.every((count) => count > 0),
    );
  });
  afterAll(async () => {
    await service.stop();
    await target.kill();
    removeDataDir(dataDir);
  });

  it('creates the streams with the documented response, however often it is requested', async () => {
    for (let time = 0; time < 2; time++) {
      expect(await service.request('POST', '/api/uptime/create-streams')).toMatchObject({ status: 200 });
      expect((await service.request('POST', '/api/uptime/create-streams')).body).toEqual({
        timestamp: anInstant,
        message: 'Stream creation completed',
        results: ['http', 'websocket', 'database'].map((name) => ({
          service: name,
          streamName: `service-uptime-${name}`,
          success: true,
          streamId: `service-uptime-${name}`,
        })),
      });
    }
  });

  it('tests the connection to KurrentDB with the documented response', async () => {
    const { status, body } = await service.get('/api/uptime/test-kurrentdb');
    expect(status).toBe(200);
    expect(body).toEqual({
      timestamp: anInstant,
      message: 'KurrentDB connection test completed',
      results: { connection: 'success', health: 'healthy', responseTime: expect.any(Number) as number },
    });
    expect(anInteger((body as { results: { responseTime: unknown } }).results.responseTime)).toBe(true);
  });

  it('reports the three documented services as up: a target, its own live feed, its own store', async () => {
    const { status, body } = await service.get('/api/uptime/status');
    expect(status).toBe(200);
    // Present only if the event loop lagged.
    for (const { lastProbe } of (body as { services: { lastProbe: { [LAG_MEMBER]?: number } }[] }).services)
      delete lastProbe[LAG_MEMBER];
    expect(body).toEqual({
      timestamp: anInstant,
      services: ['http', 'websocket', 'database'].map((serviceName) => ({
        serviceName,
        currentStatus: 'up',
        tags: ['uptime', 'monitoring', serviceName],
        lastStatusChange: anInstant,
        metadata: { responseTime: expect.any(Number) as number, performanceGrade: expect.any(String) as string },
        lastProbe: {
          timestamp: anInstant,
          status: 'up',
          responseTime: expect.any(Number) as number,
          performanceGrade: expect.any(String) as string,
          ...(serviceName === 'database'
            ? {}
            : { phases: { connect: expect.any(Number) as number, firstByte: expect.any(Number) as number } }),
        },
      })),
    });
  });

  it('returns a summary with the documented fields, in integer milliseconds that add up to the window', async () => {
    const { body } = await service.get('/api/uptime/summary?hours=2');
    expect(body).toEqual({ timestamp: anInstant, period: '2 hours', services: expect.any(Array) as unknown[] });
    const { services } = body as { services: Summary[] };
    expect(services.map(({ serviceName }) => serviceName)).toEqual(['http', 'websocket', 'database']);
    for (const summary of services) {
      expect(summary).toEqual({
        serviceName: summary.serviceName,
        currentStatus: 'up',
        tags: ['uptime', 'monitoring', summary.serviceName],
        uptimePercentage: 100,
        totalUptime: expect.any(Number) as number,
        totalDowntime: 0,
        totalUnknown: expect.any(Number) as number,
        uptimeBounds: { low: expect.any(Number) as number, high: 100 },
        lastStatusChange: anInstant,
        isCurrentlyUp: true,
      });
      expect([summary.totalUptime, summary.totalUnknown].every(anInteger)).toBe(true);
      expect(summary.totalUptime + summary.totalDowntime + summary.totalUnknown).toBe(7_200_000);
    }
    expect(await service.get('/api/uptime/service/http')).toMatchObject({
      status: 200,
      body: { period: '24 hours', service: { serviceName: 'http', currentStatus: 'up' } },
    });
  });

  it('lists the services with a tag', async () => {
    for (const [tag, names] of [
      ['monitoring', ['http', 'websocket', 'database']],
      ['websocket', ['websocket']],
      ['unused', []],
    ] as const)
      for (const path of ['status', 'summary']) {
        const { body } = await service.get(`/api/uptime/${path}?tag=${tag}`);
        expect((body as { services: Summary[] }).services.map(({ serviceName }) => serviceName)).toEqual(names);
      }
  });

  it('returns the figures of a window between two times', async () => {
    const to = new Date();
    const from = new Date(to.getTime() - 3_600_000);
    const period = `${from.toISOString()}/${to.toISOString()}`;
    // In another time zone, whose sign a query parser reads as a space.
    const local = from.toISOString().replace('Z', '+00:00');
    const query = `from=${local}&to=${to.toISOString()}`;
    const summary = (await service.get(`/api/uptime/summary?${query}`)).body as { period: string; services: Summary[] };
    expect(summary.period).toBe(period);
    for (const { totalUptime, totalDowntime, totalUnknown } of summary.services)
      expect(totalUptime + totalDowntime + totalUnknown).toBe(3_600_000);
    expect(await service.get(`/api/uptime/service/http?${query}`)).toMatchObject({ status: 200, body: { period } });
    expect(await service.get(`/api/uptime/timeline/http?${query}`)).toMatchObject({
      status: 200,
      body: { period, timeline: { startTime: from.toISOString(), endTime: to.toISOString() } },
    });
    expect(await service.get(`/api/uptime/timeline/http?hours=1&to=${to.toISOString()}`)).toMatchObject({
      body: { period, timeline: { startTime: from.toISOString(), endTime: to.toISOString() } },
    });
    expect(await service.get(`/api/uptime/summary?from=${local}&hours=1`)).toMatchObject({
      status: 400,
      body: {
        type: 'validation-error',
        details: { mistakes: [{ path: 'from', problem: expect.stringContaining('cannot be combined') as string }] },
      },
    });
  });

  it.each(['/api/uptime/service/printer', '/api/uptime/timeline/printer'])(
    'returns the documented error for %s',
    async (path) => {
      expect(await service.get(path)).toMatchObject({
        status: 404,
        body: {
          error: 'StreamNotFoundError',
          message:
            "Stream 'service-uptime-printer' does not exist: there is no service 'printer'; " +
            'known are http, websocket, database',
          streamName: 'service-uptime-printer',
          type: 'stream-not-found',
        },
      });
    },
  );

  it.each([
    '/api/uptime/summary?hours=0',
    '/api/uptime/summary?hours=8761',
    '/api/uptime/summary?hours=-1',
    '/api/uptime/summary?hours=1.5',
    '/api/uptime/summary?hours=1e3',
    '/api/uptime/summary?hours=0x10',
    '/api/uptime/summary?hours=',
    '/api/uptime/summary?hours=24&hours=48',
    '/api/uptime/summary?hours[a]=24',
    '/api/uptime/summary?days=1',
    '/api/uptime/summary?from=yesterday',
    '/api/uptime/service/http?to=2026-01-01',
    '/api/uptime/timeline/http?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    '/api/uptime/status?tag=a&tag=b',
    '/api/uptime/summary?degraded=maybe',
    '/api/uptime/service/http?hours=abc',
    '/api/uptime/timeline/http?limit=5',
    '/api/uptime/status?verbose=1',
    '/api/uptime/test-kurrentdb?x',
    '/api/uptime/service/HTTP',
    '/api/uptime/service/..%2Fetc',
    '/api/uptime/timeline/%00',
  ])('rejects %s, and returns the reason', async (path) => {
    const { status, body } = await service.get(path);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: 'ValidationError',
      type: 'validation-error',
      message: expect.any(String) as string,
    });
  });

  it('sends the current statuses and each change over a WebSocket', async () => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws/uptime`);
    const received: { type: string; serviceName?: string; status?: string }[] = [];
    socket.on('message', (message: Buffer) => received.push(JSON.parse(message.toString()) as { type: string }));
    await once(socket, 'open');
    await target.kill();
    await eventually(
      () => Promise.resolve(received.length),
      (count) => count >= 2,
    );
    expect(received[0]).toMatchObject({
      type: 'statuses',
      services: [
        { serviceName: 'http', currentStatus: 'up' },
        { serviceName: 'websocket' },
        { serviceName: 'database' },
      ],
    });
    expect(received[1]).toMatchObject({
      type: 'ServiceStatusChanged',
      serviceName: 'http',
      status: 'down',
      metadata: { error: `connection refused by ${target.endpoint}` },
    });
    await target.start();
    socket.close();
  });

  it('has no live feed on any other path', async () => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws/other`);
    expect(String((await once(socket, 'error'))[0])).toContain('404');
  });

  it('closes the feed as going away when it stops, and exits with 0', async () => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws/uptime`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    expect(await service.stop()).toBe(0);
    expect((await closed)[0]).toBe(1_001);
  });
});
