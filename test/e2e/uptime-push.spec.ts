import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, sleep } from '../support/eventually.js';
import { type Replica, Replicas } from '../support/prober-replicas.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf } from '../support/uptime-target.js';

/** Allowance for a machine that is busy with other tests. */
const ROOM_MS = 1_500;
const TOKEN = 's3cret-of-the-reports';
const SERVICES = `
defaults: { failureThreshold: 3, successThreshold: 2 }
services:
  - { name: backup, kind: push, token: "\${PUSH_TOKEN}", interval: 4s, timeout: 1s }
  - { name: nightly, kind: push, token: "\${PUSH_TOKEN}", interval: 1d }
  - { name: careful, kind: push, token: "\${PUSH_TOKEN}", interval: 1d, failureThreshold: 3 }
`;

/** @returns when it was answered, in milliseconds since 1970 */
async function report(service: ServiceProcess, name: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const response = await service.request('POST', `/api/uptime/push/${name}`, { headers, body: JSON.stringify(body) });
  expect({ name, status: response.status, body: response.body }).toMatchObject({ name, status: 200 });
  return Date.now();
}

async function statusOf(service: ServiceProcess, name: string): Promise<string | undefined> {
  const { body } = await service.get('/api/uptime/status');
  const { services } = body as { services: { serviceName: string; currentStatus: string }[] };
  return services.find(({ serviceName }) => serviceName === name)?.currentStatus;
}

describe('reports of a service', () => {
  let directory: string;
  let service: ServiceProcess;
  const start = (): Promise<ServiceProcess> =>
    ServiceProcess.start({
      DATA_DIR: join(directory, 'data'),
      UPTIME_SERVICES_FILE: join(directory, 'services.yaml'),
      PUSH_TOKEN: TOKEN,
    });

  beforeEach(async () => {
    directory = makeDataDir();
    writeFileSync(join(directory, 'services.yaml'), SERVICES);
    service = await start();
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(directory);
  });

  it('count when they are answered, without waiting for the interval', async () => {
    for (const status of ['up', 'down', 'degraded', 'up', 'down']) {
      await report(service, 'nightly', { status });
      expect(await statusOf(service, 'nightly')).toBe(status);
    }
  });

  it('are one sample each: four failures that are each over after a second leave eight changes', async () => {
    await report(service, 'nightly', { status: 'up' });
    for (let time = 0; time < 4; time++) {
      await report(service, 'nightly', { status: 'down', message: `failure ${time}` });
      await sleep(1_000);
      await report(service, 'nightly', { status: 'up' });
    }
    const statuses = await eventually(
      async () => (await changesOf(service, 'nightly')).map(({ data }) => data.status),
      ({ length }) => length === 9,
    );
    expect(statuses).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up', 'down', 'up']);
  });

  it('count in quick succession, and after a kill, if they were answered', async () => {
    for (let time = 0; time < 20; time++) await report(service, 'nightly', { status: time % 2 === 0 ? 'up' : 'down' });
    await service.kill('SIGKILL');
    service = await start();
    const recorded = async (): Promise<string[]> =>
      (await changesOf(service, 'nightly')).map(({ data }) => data.status);
    const statuses = await eventually(recorded, ({ length }) => length >= 20);
    expect(statuses).toEqual(Array.from({ length: 20 }, (_, time) => (time % 2 === 0 ? 'up' : 'down')));
    await report(service, 'nightly', { status: 'up' });
    await eventually(recorded, ({ length }) => length > 20);
    expect(await recorded()).toHaveLength(21);
  });

  it('are missed at their deadline, not at the next interval', async () => {
    const reported = await report(service, 'backup', { status: 'up' });
    const down = await eventually(
      async () => (await changesOf(service, 'backup')).find(({ data }) => data.status === 'down'),
      (change) => change !== undefined,
    );
    const silentMs = Date.now() - reported;
    expect(silentMs).toBeGreaterThanOrEqual(4_900);
    expect(silentMs).toBeLessThan(5_000 + ROOM_MS);
    const dated = Date.parse(down?.data.timestamp ?? '') - reported;
    expect(dated).toBeGreaterThanOrEqual(4_900);
    expect(dated).toBeLessThan(5_000 + ROOM_MS);
  });

  it('count by thresholds only where the file sets them for the service', async () => {
    await report(service, 'careful', { status: 'up' });
    await report(service, 'careful', { status: 'down' });
    await report(service, 'careful', { status: 'down' });
    expect(await statusOf(service, 'careful')).toBe('up');
    await report(service, 'careful', { status: 'down' });
    expect(await statusOf(service, 'careful')).toBe('down');
  });

  it('are the word of the service: a long duration does not make them degraded', async () => {
    await report(service, 'nightly', { status: 'up', responseTime: 3_600_000 });
    expect(await statusOf(service, 'nightly')).toBe('up');
  });
});

describe('reports to a replica that does not probe', () => {
  let directory: string;
  let replicas: Replicas;
  const other = (): Replica => {
    const { holder } = replicas;
    const found = replicas.all.find((replica) => replica !== holder);
    if (!found) throw new Error('there is one replica only');
    return found;
  };
  const statuses = async (): Promise<string[]> => (await replicas.changes('nightly')).map(({ status }) => status);

  beforeEach(async () => {
    directory = makeDataDir();
    writeFileSync(join(directory, 'services.yaml'), SERVICES);
    replicas = new Replicas();
    await replicas.start(2, { UPTIME_SERVICES_FILE: join(directory, 'services.yaml'), PUSH_TOKEN: TOKEN });
    await replicas.untilOneProbes();
  });
  afterEach(async () => {
    await replicas.stop();
    removeDataDir(directory);
  });

  it('count like those to the one that does', async () => {
    const [one, two] = [other().service, replicas.holder.service];
    await report(one, 'nightly', { status: 'up' });
    for (let time = 0; time < 3; time++) {
      await report(one, 'nightly', { status: 'down' });
      await report(two, 'nightly', { status: 'up' });
    }
    await eventually(statuses, ({ length }) => length === 7);
    expect(await statuses()).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up']);
  });

  it('count once each, also those that the next one to probe takes over', async () => {
    const { holder } = replicas;
    const standby = other();
    await report(standby.service, 'nightly', { status: 'up' });
    await eventually(statuses, ({ length }) => length === 1);
    await holder.service.kill('SIGKILL');
    for (const status of ['down', 'up', 'down']) await report(standby.service, 'nightly', { status });
    await eventually(statuses, ({ length }) => length === 4);
    // The replica that was killed finds another one, and its spool holds nothing that is recorded again.
    await replicas.restart(holder);
    await report(holder.service, 'nightly', { status: 'up' });
    await eventually(statuses, ({ length }) => length === 5);
    expect(await statuses()).toEqual(['up', 'down', 'up', 'down', 'up']);
    const samples = await eventually(
      () => replicas.samples('nightly'),
      ({ length }) => length >= 5,
    );
    expect(samples.map(({ status }) => status)).toEqual(['up', 'down', 'up', 'down', 'up']);
  });
});
