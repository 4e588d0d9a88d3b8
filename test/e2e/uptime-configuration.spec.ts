import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually, sleep } from '../support/eventually.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf, timelineOf } from '../support/uptime-target.js';

/** Many times the duration until a change is noticed and the service is confirmed up. */
const SEVERAL_PROBES_MS = 3_000;

/** An HTTP server that counts requests by path. */
class CountingTarget {
  readonly #requests = new Map<string, number>();
  readonly #server: Server = createServer(({ url = '', headers }, response) => {
    this.#requests.set(url, this.requestsTo(url) + 1);
    response.writeHead(url === '/guarded' && headers.authorization !== 'Bearer s3cret' ? 401 : 200).end();
  });

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  requestsTo(path: string): number {
    return this.#requests.get(path) ?? 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

interface Status {
  readonly serviceName: string;
  readonly currentStatus: string;
}

describe('the services file of a running service', () => {
  const target = new CountingTarget();
  let dataDir: string;
  let file: string;
  let service: ServiceProcess;
  const environment = (): Record<string, string> => ({
    DATA_DIR: dataDir,
    UPTIME_SERVICES_FILE: file,
    SHOP_TOKEN: 's3cret',
    UPTIME_INTERVAL_MS: '200',
    UPTIME_TIMEOUT_MS: '1000',
    UPTIME_SAMPLE_WINDOW_MS: '1000',
  });

  /** Replaces the file by a rename, as editors and deployments do. */
  const write = (...services: readonly string[]): void => {
    writeFileSync(`${file}.new`, `services:\n${services.map((entry) => `  - ${entry}\n`).join('')}`);
    renameSync(`${file}.new`, file);
  };
  const entry = (name: string, path: string, more = ''): string =>
    `{ name: ${name}, kind: http, url: "${target.url(path)}"${more} }`;
  const statuses = async (): Promise<Readonly<Record<string, string>>> => {
    const { body } = await service.get('/api/uptime/status?removed=true');
    return Object.fromEntries(
      (body as { services: Status[] }).services.map(({ serviceName, currentStatus }) => [serviceName, currentStatus]),
    );
  };
  const becomes = async (name: string, status: string): Promise<void> => {
    const found = await eventually(statuses, (all) => all[name] === status);
    expect(found).toMatchObject({ [name]: status });
  };

  beforeAll(async () => {
    dataDir = makeDataDir();
    file = join(dataDir, 'uptime.services.yaml');
    await target.start();
    write(entry('shop', '/shop'), entry('till', '/till'));
    service = await ServiceProcess.start(environment());
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    await target.stop();
    removeDataDir(dataDir);
  });

  it('defines the services that are probed from the start', async () => {
    await becomes('shop', 'up');
    await becomes('till', 'up');
    expect(Object.keys(await statuses())).toEqual(['http', 'websocket', 'database', 'shop', 'till']);
  });

  it('adds a service, with its secret, without affecting the others', async () => {
    write(
      entry('shop', '/shop'),
      entry('till', '/till'),
      entry('guarded', '/guarded', ', headers: { Authorization: "Bearer ${SHOP_TOKEN}" }'),
    );
    await becomes('guarded', 'up');
    const before = target.requestsTo('/shop');
    expect(
      await eventually(
        () => Promise.resolve(target.requestsTo('/shop')),
        (now) => now > before,
      ),
    ).toBeGreaterThan(before);
    // The other services were not restarted: they have no new change.
    for (const name of ['shop', 'till', 'http'])
      expect((await changesOf(service, name)).map(({ data }) => data.status)).toEqual(['up']);
  });

  it('is ignored if it is invalid, and the line and the path are logged', async () => {
    write(
      entry('shop', '/shop'),
      entry('till', '/till'),
      entry('guarded', '/guarded', ', headers: { Authorization: "Bearer ${SHOP_TOKEN}" }, intervall: 1s'),
    );
    const message = 'line 4, services.2.intervall: unknown key for kind http, probably meant to be interval';
    const lines = await eventually(
      () => Promise.resolve(service.output.filter((line) => line.includes(message))),
      ({ length }) => length > 0,
    );
    const before = ['/shop', '/till', '/guarded'].map((path) => target.requestsTo(path));
    await sleep(SEVERAL_PROBES_MS);
    ['/shop', '/till', '/guarded'].forEach((path, index) =>
      expect(target.requestsTo(path)).toBeGreaterThan(before[index] ?? Infinity),
    );
    expect(lines).toHaveLength(1);
    expect(service.output.filter((line) => line.includes(message))).toHaveLength(1);
    expect(service.output.join('\n')).not.toContain('s3cret');
  });

  it('changes the target of a service and continues its history', async () => {
    write(
      entry('shop', '/elsewhere'),
      entry('till', '/till', ', acceptedStatuses: [204]'),
      entry('guarded', '/guarded', ', headers: { Authorization: "Bearer ${SHOP_TOKEN}" }'),
    );
    await becomes('till', 'down');
    const changes = await eventually(
      () => changesOf(service, 'till'),
      ({ length }) => length === 2,
    );
    expect(changes.map(({ data }) => data.status)).toEqual(['up', 'down']);
    expect(target.requestsTo('/elsewhere')).toBeGreaterThan(0);
    expect((await changesOf(service, 'shop')).map(({ data }) => data.status)).toEqual(['up']);
    const before = target.requestsTo('/shop');
    await sleep(SEVERAL_PROBES_MS);
    expect(target.requestsTo('/shop')).toBe(before);
  });

  it('removes a service: it is no longer probed, keeps its history, and is still found by name', async () => {
    write(
      entry('shop', '/elsewhere'),
      entry('guarded', '/guarded', ', headers: { Authorization: "Bearer ${SHOP_TOKEN}" }'),
    );
    await becomes('till', 'unknown');
    const before = target.requestsTo('/till');
    await sleep(SEVERAL_PROBES_MS);
    expect(target.requestsTo('/till')).toBe(before);
    expect(await service.get('/api/uptime/service/till')).toMatchObject({
      status: 200,
      body: { service: { serviceName: 'till', currentStatus: 'unknown' } },
    });
    expect((await changesOf(service, 'till')).map(({ data }) => data.status)).toEqual(['up', 'down']);
    const { totalUptime, totalDowntime } = await timelineOf(service, 'till');
    expect(totalUptime).toBeGreaterThan(0);
    expect(totalDowntime).toBeGreaterThan(0);
    // Its covered time ends with its last sample: the time after it is unknown, neither up nor down.
    expect(await timelineOf(service, 'till')).toMatchObject({ totalUptime, totalDowntime });
  });

  it('adds a removed service again, with its history', async () => {
    write(
      entry('shop', '/elsewhere'),
      entry('till', '/till'),
      entry('guarded', '/guarded', ', headers: { Authorization: "Bearer ${SHOP_TOKEN}" }'),
    );
    await becomes('till', 'up');
    const changes = await eventually(
      () => changesOf(service, 'till'),
      ({ length }) => length === 3,
    );
    expect(changes.map(({ data }) => data.status)).toEqual(['up', 'down', 'up']);
  });

  it('serves a removed service after a restart', async () => {
    write(entry('shop', '/elsewhere'));
    await becomes('till', 'unknown');
    expect(await service.stop()).toBe(0);
    service = await ServiceProcess.start(environment());
    const found = await eventually(
      () => service.get('/api/uptime/service/till'),
      ({ status }) => status === 200,
    );
    expect(found).toMatchObject({ status: 200, body: { service: { serviceName: 'till', currentStatus: 'unknown' } } });
    expect((await changesOf(service, 'till')).map(({ data }) => data.status)).toEqual(['up', 'down', 'up']);
  });
});
