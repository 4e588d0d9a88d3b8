import { eventually } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { ApiCaller } from '../support/api-caller.js';
import { LiveFeed } from '../support/live-feed.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const STREAMS = '/api/users/alice/streams';
const STREAM = `${STREAMS}/activity/log`;

/** The store is a separate process, so that it can fail while the service runs. */
describe('user streams while the store is unavailable', () => {
  let storeDir: string;
  let dataDir: string;
  let store: KurrentDBServer;
  let service: ServiceProcess;
  let alice: ApiCaller;

  beforeEach(async () => {
    [storeDir, dataDir] = [makeDataDir(), makeDataDir()];
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', '0');
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      ...AUTH,
      KURRENTDB_CONNECTION_STRING: store.connectionString,
      KURRENTDB_TIMEOUT_MS: '1000',
    });
    alice = await ApiCaller.of(() => service.url, 'alice');
    expect((await isReady(200)).status).toBe(200);
  }, 60_000);
  afterEach(async () => {
    await ServiceProcess.killAll();
    await store.kill();
    for (const directory of [storeDir, dataDir]) removeDataDir(directory);
  });

  const isReady = (status: number): ReturnType<ServiceProcess['get']> =>
    eventually(
      () => service.get('/readyz'),
      (response) => response.status === status,
      30_000,
    );
  const restartStore = async (): Promise<void> => {
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', String(store.port));
  };
  const attempts = (): Promise<
    readonly { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: unknown }[]
  > =>
    Promise.all([
      alice.get(STREAM),
      alice.get(STREAMS),
      alice.get(`${STREAM}/history`),
      alice.get(`${STREAM}/metadata`),
      alice.put(STREAM, { data: { details: { count: 2 } } }),
      alice.patch(`${STREAM}/metadata`, { description: 'Changed' }),
      alice.post(STREAMS, { type: 'profile' }),
      alice.delete(STREAM),
    ]);

  it('return 503 with Retry-After, write none of it later, and recover when the store is back', async () => {
    expect((await alice.put(STREAM, { data: { details: { count: 1 } } })).status).toBe(201);
    await store.kill('SIGKILL');
    const notReady = await isReady(503);
    expect(notReady.status).toBe(503);
    await eventually(
      () => alice.get(STREAM),
      ({ status }) => status === 503,
      30_000,
    );
    for (const { status, headers, body } of await attempts()) {
      expect({ status, type: (body as { type: string }).type }).toEqual({ status: 503, type: 'connection-error' });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await service.get('/livez')).status).toBe(200);

    await restartStore();
    expect((await isReady(200)).status).toBe(200);
    expect(
      (
        await eventually(
          () => alice.get(STREAM),
          ({ status }) => status === 200,
          30_000,
        )
      ).body,
    ).toMatchObject({ revision: 1, data: { details: { count: 1 } } });
    expect((await alice.get(`${STREAMS}/profile`)).status).toBe(404);
    expect((await alice.put(STREAM, { data: { details: { count: 2 } } }, { 'if-match': '"1"' })).status).toBe(200);
  }, 120_000);

  it('resume an open feed when the store is back, or end it for a reconnect; no event is missed', async () => {
    expect((await alice.put(STREAM, { data: { details: { count: 1 } } })).status).toBe(201);
    const ids: string[] = [];
    const feed = await LiveFeed.open(service.url, `${STREAM}/feed?from=0`, alice.headers);
    await eventually(
      () => Promise.resolve(feed.events.length),
      (count) => count === 2,
    );
    await store.kill('SIGKILL');
    await isReady(503);
    await restartStore();
    await isReady(200);
    expect(
      (
        await eventually(
          () => alice.put(STREAM, { data: { details: { count: 2 } } }, { 'if-match': '"1"' }),
          ({ status }) => status === 200,
          30_000,
        )
      ).status,
    ).toBe(200);
    await Promise.race([
      feed.ended,
      eventually(
        () => Promise.resolve(feed.events.length),
        (count) => count === 3,
      ),
    ]);
    ids.push(...feed.events.map(({ id }) => id));
    feed.kill();
    if (ids.length < 3) {
      const again = await LiveFeed.open(service.url, `${STREAM}/feed`, {
        ...alice.headers,
        'last-event-id': ids.at(-1) ?? '',
      });
      await eventually(
        () => Promise.resolve(again.events.length),
        (count) => count === 1,
      );
      ids.push(...again.events.map(({ id }) => id));
      again.kill();
    }
    expect(ids).toEqual(['0', '1', '2']);
  }, 120_000);

  it('return 503 from a service that starts without its store, until the store is available', async () => {
    expect((await alice.put(STREAM, { data: { details: { count: 1 } } })).status).toBe(201);
    expect(await service.stop()).toBe(0);
    await store.kill();
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      ...AUTH,
      KURRENTDB_CONNECTION_STRING: store.connectionString,
      KURRENTDB_TIMEOUT_MS: '1000',
    });
    expect((await service.get('/readyz')).status).toBe(503);
    expect((await alice.get(STREAM)).status).toBe(503);
    await restartStore();
    expect((await isReady(200)).status).toBe(200);
    expect((await alice.get(STREAM)).body).toMatchObject({ revision: 1, data: { details: { count: 1 } } });
  }, 120_000);
});
