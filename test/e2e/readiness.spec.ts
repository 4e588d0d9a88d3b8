import { ApiCaller } from '../support/api-caller.js';
import { eventually, sleep } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { LiveFeed } from '../support/live-feed.js';
import { type HttpResponse, makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const STREAM = '/api/users/alice/streams/profile';
/** Routes that answer from the tables of uptime. */
const UPTIME = [
  '/api/uptime/status',
  '/api/uptime/summary',
  '/api/uptime/service/http',
  '/api/uptime/timeline/http',
  '/api/uptime/service/http/maintenance',
  '/api/uptime/service/http/corrections',
];
const WORKING = { store: 'ok', writes: 'ok', userStreams: 'ok' };
const AWAY = { store: 'degraded', writes: 'degraded', userStreams: 'degraded' };
/** Time that Kubernetes waits for an answer by default. */
const PROBE_MS = 1_000;

/** The store is a separate process, so that it can be away while the service runs. */
describe('readiness', () => {
  let storeDir: string;
  let dataDir: string;
  let store: KurrentDBServer;
  let service: ServiceProcess;
  let alice: ApiCaller;

  beforeEach(async () => {
    [storeDir, dataDir] = [makeDataDir(), makeDataDir()];
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', '0');
    alice = await ApiCaller.of(() => service.url, 'alice');
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    store.send('SIGCONT');
    await store.kill('SIGKILL');
    for (const directory of [storeDir, dataDir]) removeDataDir(directory);
  });

  const start = async (requires: 'process' | 'store'): Promise<void> => {
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      ...AUTH,
      KURRENTDB_CONNECTION_STRING: store.connectionString,
      KURRENTDB_TIMEOUT_MS: '2000',
      UPTIME_INTERVAL_MS: '300',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
      READYZ_REQUIRES: requires,
    });
  };
  const restartStore = async (): Promise<void> => {
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', String(store.port));
  };
  const readinessIs = async (status: number, parts: object): Promise<void> => {
    const readiness = await eventually(
      () => service.get('/readyz'),
      (response) => response.status === status && contains(response, parts),
      30_000,
    );
    expect(readiness).toMatchObject({ status, body: parts });
  };
  /** Everything works, a user stream exists, and `http` is up. */
  const untilWorking = async (): Promise<void> => {
    await readinessIs(200, { status: 'ok', ...WORKING });
    const written = await alice.put(STREAM, { data: { displayName: 'Alice', email: 'alice@example.org' } });
    expect(written.status).toBeLessThan(300);
    await eventually(
      () => service.get('/api/uptime/service/http'),
      ({ body }) => (body as { service: { currentStatus: string } }).service.currentStatus === 'up',
    );
  };
  const expectStaleUptime = async (minAgeSeconds: number): Promise<void> => {
    for (const path of UPTIME) {
      const { status, body, headers } = await service.get(path);
      expect({ path, status, body }).toMatchObject({ path, status: 200, body: { stale: true } });
      expect(headers.get('age')).toMatch(/^\d+$/);
      expect(Number(headers.get('age'))).toBeGreaterThanOrEqual(minAgeSeconds);
    }
  };
  const expectCurrentUptime = async (): Promise<void> => {
    await eventually(
      () => service.get('/api/uptime/status'),
      ({ headers }) => !headers.has('age'),
    );
    for (const path of UPTIME) {
      const { body, headers } = await service.get(path);
      expect({ path, age: headers.get('age'), isStale: 'stale' in (body as object) }).toEqual({
        path,
        age: null,
        isStale: false,
      });
    }
  };
  /** What permissions decide is not answered. */
  const expectNoUserStreams = async (): Promise<void> => {
    for (const path of [STREAM, '/api/users/alice/streams', `${STREAM}/default/history`])
      expect({ path, status: (await alice.get(path)).status }).toEqual({ path, status: 503 });
    expect((await alice.put(STREAM, { data: { displayName: 'Bob', email: 'b@example.org' } })).status).toBe(503);
    expect((await LiveFeed.open(service.url, `${STREAM}/default/feed`, alice.headers)).status).toBe(503);
  };

  it('of the process stays while the store is away: uptime is answered as stale, user streams are not', async () => {
    await start('process');
    await untilWorking();
    await expectCurrentUptime();
    const lostAt = performance.now();
    await store.kill('SIGKILL');
    await readinessIs(200, { status: 'degraded', ...AWAY, details: { kurrentdb: { status: 'degraded' } } });
    await expectStaleUptime(0);
    await expectNoUserStreams();
    await sleep(2_000);
    await expectStaleUptime(Math.floor((performance.now() - lostAt) / 1_000) - 1);

    await restartStore();
    const statuses = new Set<number>();
    await eventually(
      async () => {
        const readiness = await service.get('/readyz');
        statuses.add(readiness.status);
        return readiness;
      },
      (readiness) => contains(readiness, { status: 'ok', ...WORKING }),
      30_000,
    );
    expect([...statuses]).toEqual([200]);
    await expectCurrentUptime();
    expect((await alice.get(STREAM)).status).toBe(200);
  }, 90_000);

  it('of the process is answered in time while the store does not answer', async () => {
    await start('process');
    await untilWorking();
    store.send('SIGSTOP');
    for (let probe = 0; probe < 8; probe++) {
      const begin = performance.now();
      const { status } = await service.get('/readyz');
      expect({ status, inTime: performance.now() - begin < PROBE_MS }).toEqual({ status: 200, inTime: true });
      await sleep(1_000);
    }
    expect((await service.get('/readyz')).body).toMatchObject({ store: 'degraded', writes: 'degraded' });
    await expectStaleUptime(5);
    store.send('SIGCONT');
    await readinessIs(200, { status: 'ok', ...WORKING });
    await expectCurrentUptime();
  }, 90_000);

  it('of the process begins without the store, where the tables are from an earlier start', async () => {
    await start('process');
    await untilWorking();
    expect(await service.stop()).toBe(0);
    await store.kill('SIGKILL');
    await sleep(1_000);
    await start('process');
    await readinessIs(200, { status: 'degraded', ...AWAY });
    expect((await service.get('/startupz')).status).toBe(200);
    await expectStaleUptime(1);
    const { body } = await service.get('/api/uptime/service/http');
    expect((body as { service: { totalUptime: number } }).service.totalUptime).toBeGreaterThan(0);
    await expectNoUserStreams();
    await restartStore();
    await readinessIs(200, { status: 'ok', ...WORKING });
    await expectCurrentUptime();
  }, 90_000);

  it('of the process does not begin without the store at the first start: there is nothing to answer from', async () => {
    await store.kill('SIGKILL');
    await start('process');
    for (let probe = 0; probe < 3; probe++) {
      await readinessIs(503, { status: 'error', ...AWAY });
      expect((await service.get('/startupz')).status).toBe(503);
      await sleep(500);
    }
    const { body, headers } = await service.get('/api/uptime/status');
    expect({ body, age: headers.get('age') }).toMatchObject({ body: { stale: true }, age: null });
  }, 60_000);

  it('of the store ends while the store is away, and begins again with it', async () => {
    await start('store');
    await untilWorking();
    await store.kill('SIGKILL');
    await readinessIs(503, { status: 'error', ...AWAY });
    await expectStaleUptime(0);
    await restartStore();
    await readinessIs(200, { status: 'ok', ...WORKING });
  }, 60_000);
});

function contains({ body }: HttpResponse, members: object): boolean {
  return Object.entries(members).every(
    ([name, value]) => typeof value !== 'string' || (body as Readonly<Record<string, unknown>>)[name] === value,
  );
}
