import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { eventually, sleep } from '../support/eventually.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf, Target, timelineOf } from '../support/uptime-target.js';

const INTERVAL_MS = 200;
const TIMEOUT_MS = 300;
/** Longer than samples may be apart. */
const PAUSE_MS = 3_000;

interface Listed {
  readonly serviceName: string;
  readonly currentStatus: string;
  readonly reason?: string;
  readonly removed?: true;
}

interface FeedMessage {
  readonly type: string;
  readonly serviceName?: string;
  readonly services?: readonly Listed[];
}

describe('services that are removed, renamed, paused or switched off', () => {
  let directory: string;
  let target: Target;
  let service: ServiceProcess;
  const received: FeedMessage[] = [];

  const write = (yaml: string): void => {
    const file = join(directory, 'services.yaml');
    writeFileSync(`${file}.new`, yaml);
    renameSync(`${file}.new`, file);
  };
  const shop = (name: string, more = ''): string =>
    `  - { name: ${name}, kind: http, url: "${target.url}", failureThreshold: 1${more} }\n`;
  const listOf = async (path: string): Promise<Listed[]> => {
    const { status, body } = await service.get(path);
    expect(status).toBe(200);
    return (body as { services: Listed[] }).services;
  };
  const namesIn = async (path: string): Promise<string[]> => (await listOf(path)).map(({ serviceName }) => serviceName);
  const statusOf = async (name: string): Promise<Listed | undefined> =>
    (await listOf('/api/uptime/status')).find(({ serviceName }) => serviceName === name);
  const becomes = (name: string, status: string): Promise<Listed | undefined> =>
    eventually(
      () => statusOf(name),
      (found) => found?.currentStatus === status,
    );

  beforeEach(async () => {
    directory = makeDataDir();
    target = new Target();
    await target.start();
    write(`services:\n${shop('shop')}${shop('till')}`);
    service = await ready(
      await ServiceProcess.start({
        DATA_DIR: join(directory, 'data'),
        UPTIME_SERVICES_FILE: join(directory, 'services.yaml'),
        UPTIME_INTERVAL_MS: String(INTERVAL_MS),
        UPTIME_TIMEOUT_MS: String(TIMEOUT_MS),
        UPTIME_SAMPLE_WINDOW_MS: '1000',
        PUSH_TOKEN: 's3cret-of-the-reports',
      }),
    );
    received.length = 0;
    const socket = new WebSocket(service.url.replace('http', 'ws') + '/ws/uptime');
    socket.on('message', (data: Buffer) => received.push(JSON.parse(String(data)) as FeedMessage));
    await once(socket, 'open');
    await becomes('till', 'up');
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    await target.kill();
    removeDataDir(directory);
  });

  it('leave the lists and the live feed when they are renamed, and stay available by name', async () => {
    write(`services:\n${shop('shop')}${shop('cash')}`);
    await becomes('cash', 'up');
    const configured = ['http', 'websocket', 'database', 'shop', 'cash'];
    for (const path of ['/api/uptime/status', '/api/uptime/summary', '/api/uptime/status?removed=false'])
      expect({ path, names: await namesIn(path) }).toEqual({ path, names: configured });
    for (const path of ['/api/uptime/status?removed=true', '/api/uptime/summary?removed=true']) {
      const listed = await listOf(path);
      expect(listed.map(({ serviceName, removed }) => [serviceName, removed])).toEqual([
        ...configured.map((name) => [name, undefined]),
        ['till', true],
      ]);
      expect(listed.at(-1)?.currentStatus).toBe('unknown');
    }
    const { services } = await eventually(
      () => received.findLast(({ type }) => type === 'statuses') ?? { services: [] },
      ({ services: listed = [] }) => listed.some(({ serviceName }) => serviceName === 'cash'),
    );
    expect(services?.map(({ serviceName }) => serviceName)).toEqual(configured);
    expect((await service.get('/api/uptime/service/till')).body).toMatchObject({
      service: { serviceName: 'till', currentStatus: 'unknown', removed: true },
    });
    expect((await timelineOf(service, 'till')).totalUptime).toBeGreaterThan(0);
    expect(await service.get('/api/uptime/status?removed=yes')).toMatchObject({ status: 400 });
  });

  it('are unknown while they are paused: no probe, no change, neither up nor down', async () => {
    write(`services:\n${shop('shop')}${shop('till', ', enabled: false')}`);
    expect(await becomes('till', 'unknown')).toMatchObject({ reason: 'paused' });
    const before = await timelineOf(service, 'till');
    await target.kill();
    await becomes('shop', 'down');
    await sleep(PAUSE_MS);
    expect((await changesOf(service, 'till')).map(({ data }) => data.status)).toEqual(['up']);
    const during = await timelineOf(service, 'till');
    expect(during).toMatchObject({ totalUptime: before.totalUptime, totalDowntime: 0, currentStatus: 'unknown' });
    expect((await service.get('/readyz')).status).toBe(200);
    await target.start();
    write(`services:\n${shop('shop')}${shop('till')}`);
    expect(await becomes('till', 'up')).not.toHaveProperty('reason');
    const unknown = (await timelineOf(service, 'till')).timeline.filter(({ status }) => status === 'unknown').at(-1);
    expect(unknown?.duration).toBeGreaterThan(PAUSE_MS);
    expect((await changesOf(service, 'till')).map(({ data }) => data.status)).toEqual(['up']);
  });

  it('take no reports while they are paused', async () => {
    const push = (): Promise<{ readonly status: number }> =>
      service.request('POST', '/api/uptime/push/job', { headers: { authorization: 'Bearer s3cret-of-the-reports' } });
    const job = (more = ''): string => `  - { name: job, kind: push, token: "\${PUSH_TOKEN}"${more} }\n`;
    write(`services:\n${job()}`);
    await eventually(push, ({ status }) => status === 200);
    write(`services:\n${job(', enabled: false')}`);
    const refused = await eventually(push, ({ status }) => status !== 200);
    expect(refused).toMatchObject({ status: 404, body: { message: expect.stringContaining('paused') as string } });
  });

  it('include the built-in services, paused one by one or switched off together', async () => {
    write(`services:\n  - { name: http, kind: http, enabled: false }\n${shop('shop')}`);
    expect(await becomes('http', 'unknown')).toMatchObject({ reason: 'paused' });
    write(`builtInServices: false\nservices:\n${shop('shop')}  - { name: database, kind: database }\n`);
    const names = await eventually(
      () => namesIn('/api/uptime/status'),
      ({ length }) => length === 2,
    );
    expect(names).toEqual(['database', 'shop']);
  });
});
