import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf } from '../support/uptime-target.js';
import { selfSigned } from '../support/test-certificates.js';
import { POSTGRES_PASSWORD, startPostgres } from './postgres-server.js';
import { REDIS_PASSWORD, startRedis } from './redis-server.js';
import { ServerProcess } from './server-process.js';

/** The built service with real servers that hang, disconnect and come back. */
describe('the service', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let postgres: ServerProcess;
  let redis: ServerProcess;
  let https: Server;

  beforeAll(async () => {
    dataDir = makeDataDir();
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const { key, cert } = await selfSigned({ endsInDays: 2 });
    https = createServer({ key, cert }, (_, response) => response.end('{"checks":[{"status":"ok"}]}')).listen(
      0,
      '127.0.0.1',
    );
    await once(https, 'listening');
    const file = join(dataDir, 'services.yaml');
    writeFileSync(
      file,
      `
defaults: { interval: 1s, timeout: 500ms, failureThreshold: 2, successThreshold: 2 }
services:
  - { name: orders, kind: database, url: "postgres://jane:\${ORDERS}@127.0.0.1:${postgres.port}/postgres", query: SELECT count(*) FROM pg_class, timeout: 900ms }
  - { name: cache, kind: database, url: "redis://default:\${CACHE}@127.0.0.1:${redis.port}/0", timeout: 900ms }
  - { name: shop, kind: http, url: "https://127.0.0.1:${(https.address() as AddressInfo).port}/", tls: { verify: false, degradedBelowDays: 14 }, jsonPath: { path: "$.checks[0].status", equals: ok } }
`,
    );
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      UPTIME_SERVICES_FILE: file,
      ORDERS: encodeURIComponent(POSTGRES_PASSWORD),
      CACHE: encodeURIComponent(REDIS_PASSWORD),
    });
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    https.close();
    https.closeAllConnections();
    await ServerProcess.removeAll();
    removeDataDir(dataDir);
  });

  /** Status and error of each change of a service, once there are `count` of them. */
  const history = async (name: string, changes: number): Promise<unknown[]> =>
    (
      await eventually(
        () => changesOf(service, name),
        (found) => found.length >= changes,
        20_000,
      )
    ).map(({ data: { status, metadata } }) => [status, metadata.error]);

  it('records that PostgreSQL hangs, and that it recovers', async () => {
    expect(await history('orders', 1)).toEqual([['up', undefined]]);
    postgres.suspend();
    expect((await history('orders', 2))[1]).toEqual(['down', expect.stringMatching(/^no answer within 900 ms/)]);
    postgres.resume();
    expect((await history('orders', 3))[2]).toEqual(['up', undefined]);
  }, 60_000);

  it('records that Redis stops, and that it recovers', async () => {
    expect(await history('cache', 1)).toEqual([['up', undefined]]);
    await redis.kill();
    expect((await history('cache', 2))[1]).toEqual([
      'down',
      expect.stringMatching(new RegExp(`^connection (refused|closed) by 127.0.0.1:${redis.port}`)),
    ]);
    await redis.start();
    expect((await history('cache', 3))[2]).toEqual(['up', undefined]);
  }, 60_000);

  it('records a certificate that expires soon as degraded, with its expiry', async () => {
    expect(await history('shop', 1)).toEqual([['degraded', expect.stringMatching(/certificate/)]]);
  });

  it('never reveals the passwords', async () => {
    const { body } = await service.get('/api/uptime/status');
    for (const text of [JSON.stringify(body), service.output.join('\n')]) {
      expect(text).not.toContain(POSTGRES_PASSWORD);
      expect(text).not.toContain(REDIS_PASSWORD);
    }
  });
});
