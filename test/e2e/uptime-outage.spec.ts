import { eventually, sleep } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf, Target, timelineOf } from '../support/uptime-target.js';

const PROBING = {
  UPTIME_INTERVAL_MS: '200',
  UPTIME_TIMEOUT_MS: '500',
  UPTIME_FAILURE_THRESHOLD: '3',
  UPTIME_SUCCESS_THRESHOLD: '2',
  UPTIME_SAMPLE_WINDOW_MS: '1000',
  KURRENTDB_TIMEOUT_MS: '1000',
};

/** A change is dated to the start of the first probe that showed it, which may precede the change by a timeout. */
const UNDER_WAY_MS = 500;

/** The store is a separate process, so that it can fail while the service runs. */
describe('the service while the store is unavailable', () => {
  const target = new Target();
  let storeDir: string;
  let dataDir: string;
  let store: KurrentDBServer;
  let service: ServiceProcess | undefined;

  beforeEach(async () => {
    storeDir = makeDataDir();
    dataDir = makeDataDir();
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', '0');
    await target.start();
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await store.kill();
    await target.kill();
    removeDataDir(storeDir);
    removeDataDir(dataDir);
  });

  const start = async (): Promise<ServiceProcess> => {
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      KURRENTDB_CONNECTION_STRING: store.connectionString,
      AUTH_JWT_SECRET: 'a secret of more than 32 bytes, for tests',
      UPTIME_HTTP_URL: target.url,
      ...PROBING,
    });
    return service;
  };
  const restartStore = async (): Promise<void> => {
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', String(store.port));
  };
  const statuses = async (running: ServiceProcess, name: string): Promise<string[]> =>
    (await changesOf(running, name)).map(({ data }) => data.status);

  it('keeps probing, and records changes afterwards once, in order, with their original times', async () => {
    const running = await start();
    await eventually(
      () => statuses(running, 'http'),
      ({ length }) => length === 1,
    );
    await eventually(
      () => statuses(running, 'database'),
      ({ length }) => length === 1,
    );

    await store.kill();
    const killed = await target.kill();
    await eventually(
      () => timelineOf(running, 'http'),
      ({ currentStatus }) => currentStatus === 'down',
    );
    expect((await timelineOf(running, 'http')).currentStatus).toBe('down');
    const restored = await target.start();
    await eventually(
      () => timelineOf(running, 'http'),
      ({ currentStatus }) => currentStatus === 'up',
    );
    await restartStore();

    const recorded = await eventually(
      () => statuses(running, 'http'),
      (changes) => changes.length >= 3,
    );
    expect(recorded).toEqual(['up', 'down', 'up']);
    const [, down, up] = (await changesOf(running, 'http')).map(({ data }) => Date.parse(data.timestamp));
    expect(down).toBeGreaterThanOrEqual(killed - UNDER_WAY_MS);
    expect(down).toBeLessThan(restored);
    expect(up).toBeGreaterThanOrEqual(restored - UNDER_WAY_MS);
    // The outage of the store is recorded the same way.
    const ofStore = await eventually(
      () => changesOf(running, 'database'),
      (changes) => changes.length >= 3,
    );
    expect(ofStore.map(({ data }) => data.status)).toEqual(['up', 'down', 'up']);
    expect(Date.parse(ofStore[1]?.data.timestamp ?? '')).toBeLessThan(restored);
  });

  it('returns 503 with the reason from the connection test and from creating the streams', async () => {
    const running = await start();
    await store.kill();
    expect(await running.get('/api/uptime/test-kurrentdb')).toMatchObject({
      status: 503,
      body: {
        message: 'KurrentDB connection test failed',
        results: {
          connection: 'failed',
          health: 'unhealthy',
          responseTime: expect.any(Number) as number,
          error: expect.stringMatching(/KurrentDB/) as string,
        },
      },
    });
    const creation = await running.request('POST', '/api/uptime/create-streams');
    expect(creation).toMatchObject({ status: 503, body: { message: 'Stream creation failed for 3 of 3 services' } });
    expect((creation.body as { results: unknown[] }).results[0]).toMatchObject({
      service: 'http',
      streamName: 'service-uptime-http',
      success: false,
      error: expect.any(String) as string,
    });
    expect(creation.headers.get('retry-after')).toBe('5');
  });

  it('starts, and records once the store is available', async () => {
    await store.kill();
    const running = await start();
    expect((await running.get('/readyz')).status).toBe(503);
    expect((await running.get('/api/uptime/status')).status).toBe(200);
    await sleep(1_000);
    await restartStore();
    expect(
      await eventually(
        () => statuses(running, 'http'),
        ({ length }) => length > 0,
      ),
    ).toEqual(['up']);
    expect(
      (
        await eventually(
          () => running.get('/readyz'),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
  });
});
