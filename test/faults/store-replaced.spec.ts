import { once } from 'node:events';
import WebSocket from 'ws';
import { systemClock } from '../../src/common/clock.js';
import { type RecordedEvent } from '../../src/event-store/domain/index.js';
import { ApiKeyService } from '../../src/identity/api-keys/api-key.service.js';
import { ApiCaller, type Reply } from '../support/api-caller.js';
import { connect, greeted } from '../support/connected-store.js';
import { eventually, sleep, until } from '../support/eventually.js';
import { LiveFeed } from '../support/live-feed.js';
import { ReplaceableStore } from '../support/replaceable-store.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { Target } from '../support/uptime-target.js';

const STREAMS = '/api/users/alice/streams';
const DOCUMENT = `${STREAMS}/profile`;
const FEED = `${DOCUMENT}/default/feed`;
const LATER = `${STREAMS}/activity/later`;
const LEASE_MS = 2_500;
const RULES = {
  UPTIME_INTERVAL_MS: '200',
  UPTIME_TIMEOUT_MS: '150',
  UPTIME_FAILURE_THRESHOLD: '2',
  UPTIME_SUCCESS_THRESHOLD: '2',
  UPTIME_SAMPLE_WINDOW_MS: '1000',
  UPTIME_LEASE_MS: String(LEASE_MS),
  KURRENTDB_TIMEOUT_MS: '1000',
};
/** From when the replaced store can be reached, with room for a busy machine: a poll is due each half second. */
const NOTICED_WITHIN_MS = 2_000;
const REPLACED = 'an event that was seen is not there';
const REBUILT = 'The tables were rebuilt from KurrentDB';

interface Answers {
  /** Of the document: its name, or the status without one. */
  readonly names: readonly unknown[];
  /** Milliseconds. */
  readonly noticedAfter: number;
}

describe('a store that is replaced under the running service', () => {
  const target = new Target();
  let store: ReplaceableStore;
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;
  let oldKey: string;
  let newKey: string;
  let problems: Set<string>;

  const startService = (connectionString: string, directory: string): Promise<ServiceProcess> =>
    ServiceProcess.start({
      DATA_DIR: directory,
      KURRENTDB_CONNECTION_STRING: connectionString,
      ...AUTH,
      READYZ_REQUIRES: 'process',
      UPTIME_HTTP_URL: target.url,
      ...RULES,
    });
  const put = async (displayName: string, headers?: Readonly<Record<string, string>>): Promise<number> =>
    (await alice.put(DOCUMENT, { data: { displayName } }, headers)).status;
  const nameIn = ({ status, body }: Reply): unknown =>
    status === 200 ? (body as { data: { displayName: string } }).data.displayName : status;
  /** Writes to the store without the service until its log ends behind a position. */
  const writePast = async (position: bigint, connectionString: string): Promise<void> => {
    const { store: opened, clients } = connect(connectionString);
    while ((await store.last(connectionString)).position < position + 100n)
      await opened.appendToStream(
        'filling',
        Array.from({ length: 100 }, () => greeted('filling')),
      );
    await clients.close();
  };
  const lines = (text: string, { output } = service): readonly string[] => output.filter((line) => line.includes(text));
  const withStore = async <Value>(work: (opened: ReturnType<typeof connect>) => Promise<Value>): Promise<Value> => {
    const opened = connect(store.connectionString);
    try {
      return await work(opened);
    } finally {
      await opened.clients.close();
    }
  };
  const createKey = (name: string): Promise<string> =>
    withStore(async (opened) => (await new ApiKeyService(opened.store, systemClock).create({ name, roles: [] })).text);
  const lastOf = (stream: string): Promise<RecordedEvent | undefined> =>
    withStore(({ store: opened }) => opened.readStream(stream, { direction: 'backwards', limit: 1 })).then(
      ([event]) => event,
      () => undefined,
    );
  const statusWith = async (key: string): Promise<number> =>
    (await new ApiCaller(() => service.url, { 'x-api-key': key }).get('/api/users/nobody/streams')).status;
  const openSocket = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws/uptime`);
    await once(socket, 'open');
    return socket;
  };
  /** Answers from the start of the replaced store until the service has read everything from it. */
  const watchAnswers = async (watched = service, caller = alice): Promise<Answers> => {
    const start = performance.now();
    const names = [];
    let noticedAfter = Infinity;
    do {
      names.push(nameIn(await caller.get(DOCUMENT)));
      if (lines(REPLACED, watched).length > 0) noticedAfter = Math.min(noticedAfter, performance.now() - start);
      const { status, body } = await watched.get('/readyz');
      if (status === 503) problems.add(JSON.stringify(body));
    } while (lines(REBUILT, watched).length === 0 && performance.now() - start < 20_000);
    return { names, noticedAfter };
  };

  beforeEach(async () => {
    store = new ReplaceableStore();
    problems = new Set();
    dataDir = makeDataDir();
    await target.start();
    await store.start();
    service = await ready(await startService(store.connectionString, dataDir));
    alice = await ApiCaller.of(() => service.url, 'alice');
    oldKey = await createKey('old');
    expect(await put('first')).toBe(201);
    await eventually(
      () => lastOf('service-uptime-http'),
      (event) => event?.type === 'ServiceStatusChanged',
    );
    await store.backUp();
    await eventually(
      () => put('second'),
      (status) => status === 200,
    );
    for (let n = 0; n < 5; n++) expect(await put(`after the backup ${n}`)).toBe(200);
    expect((await alice.put(LATER, { data: { details: { count: 1 } } })).status).toBe(201);
    newKey = await createKey('new');
    await eventually(
      () => Promise.all([statusWith(oldKey), statusWith(newKey)]),
      ([one, other]) => one === 200 && other === 200,
    );
  }, 60_000);
  afterEach(async () => {
    await ServiceProcess.killAll();
    await store.remove();
    await target.kill();
    removeDataDir(dataDir);
  });

  /** Everything that the service does, on the store as it is now. @param name of the document, or undefined */
  const expectAllOf = async (name: string | undefined, keys: { readonly old: number }): Promise<void> => {
    await ready(service);
    const since = Date.now();
    expect(service.hasExited).toBe(false);
    expect(nameIn(await alice.get(DOCUMENT))).toBe(name ?? 404);
    expect((await alice.get(LATER)).status).toBe(404);
    const { streams } = (await alice.get(STREAMS)).body as { streams: { type: string }[] };
    expect(streams.map(({ type }) => type)).toEqual(name === undefined ? [] : ['profile']);
    expect([await statusWith(oldKey), await statusWith(newKey)]).toEqual([keys.old, 401]);

    const etag = String((await alice.get(DOCUMENT)).headers.etag ?? '');
    expect(await put('written now', name === undefined ? {} : { 'if-match': etag })).toBe(
      name === undefined ? 201 : 200,
    );
    expect(nameIn(await alice.get(DOCUMENT))).toBe('written now');
    const feed = await LiveFeed.open(service.url, FEED, alice.headers);
    expect(await put('seen by the feed')).toBe(200);
    await until(() => feed.events.length === 1);
    feed.kill();

    for (const stream of ['system-prober-lease', 'system-probe-samples-http'])
      await eventually(
        () => lastOf(stream),
        (event) => event !== undefined && Date.parse(event.timestamp) > since,
        3 * LEASE_MS + 10_000,
      );
    expect((await lastOf('service-uptime-http'))?.type).toBe('ServiceStatusChanged');
    await eventually(
      async () => (await service.get('/api/uptime/status')).body as { services: { name: string; status: string }[] },
      (body) => JSON.stringify(body).includes('"up"'),
    );
    await target.kill();
    await eventually(
      () => lastOf('service-uptime-http'),
      (event) => (event?.data as { status?: string } | undefined)?.status === 'down',
    );
  };

  /** Replaces the stopped store while feeds are open. @returns the answers since it was started again */
  const replace = async (change: () => Promise<void> | void, signal: NodeJS.Signals = 'SIGKILL'): Promise<Answers> => {
    const feed = await LiveFeed.open(service.url, FEED, alice.headers);
    expect(feed.status).toBe(200);
    const socket = await openSocket();
    const closed = once(socket, 'close');
    await store.stop(signal);
    await change();
    await store.start();
    const answers = await watchAnswers();
    await feed.ended;
    expect((await closed)[0]).toBe(1_012);
    return answers;
  };
  const expectNoticed = ({ names, noticedAfter }: Answers, name: string | undefined, watched = service): void => {
    expect([lines(REPLACED, watched).length, lines(REBUILT, watched).length]).toEqual([1, 1]);
    expect(noticedAfter).toBeLessThan(NOTICED_WITHIN_MS);
    expect([...problems].join('\n')).toContain('KurrentDB was replaced');
    // Nothing of the store before: not ready, or what the store has now.
    expect(names.filter((answered) => answered !== 503 && answered !== (name ?? 404))).toEqual([]);
  };

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is noticed if it is empty, after a %s: nothing of before is answered, everything continues with the new one',
    async (signal) => {
      expectNoticed(await replace(() => store.empty(), signal), undefined);
      await expectAllOf(undefined, { old: 401 });
    },
    120_000,
  );

  it('is noticed if it was restored from an older backup', async () => {
    const before = await store.last();
    const answers = await replace(async () => {
      store.restore();
      await store.elsewhere(async (there) => expect((await store.last(there)).position < before.position).toBe(true));
    });
    expectNoticed(answers, 'first');
    await expectAllOf('first', { old: 200 });
  }, 120_000);

  it('is noticed if it was restored and others have written past the old position', async () => {
    const before = await store.last();
    const answers = await replace(async () => {
      store.restore();
      await store.elsewhere(async (connectionString) => {
        const directory = makeDataDir();
        const other = await ready(await startService(connectionString, directory));
        const there = await ApiCaller.of(() => other.url, 'alice');
        for (let n = 0; n < 9; n++) await there.put(DOCUMENT, { data: { displayName: `other history ${n}` } });
        await other.kill('SIGKILL');
        removeDataDir(directory);
        await writePast(before.position, connectionString);
      });
    });
    expectNoticed(answers, 'other history 8');
    await expectAllOf('other history 8', { old: 200 });
  }, 120_000);

  it('is noticed after an outage that is longer than the lease', async () => {
    const answers = await replace(async () => {
      store.restore();
      await sleep(2 * LEASE_MS);
    });
    expectNoticed(answers, 'first');
    await expectAllOf('first', { old: 200 });
  }, 120_000);

  it('is noticed by each replica, and one of them probes afterwards', async () => {
    const directory = makeDataDir();
    const replica = await ready(await startService(store.connectionString, directory));
    const there = await ApiCaller.of(() => replica.url, 'alice');
    expect(nameIn(await there.get(DOCUMENT))).toBe('after the backup 4');
    await store.stop('SIGKILL');
    store.restore();
    await store.start();
    const [answers, answersThere] = await Promise.all([watchAnswers(), watchAnswers(replica, there)]);
    expectNoticed(answers, 'first');
    expectNoticed(answersThere, 'first', replica);
    const since = Date.now();
    await expectAllOf('first', { old: 200 });
    await eventually(
      async () => nameIn(await there.get(DOCUMENT)),
      (name) => name === 'seen by the feed',
    );
    // The target has gone down once, and one replica has seen it.
    await sleep(2 * LEASE_MS);
    const changes = await withStore(({ store: opened }) => opened.readStream('service-uptime-http', { limit: 1_000 }));
    const downs = changes.filter(
      ({ data, timestamp }) => (data as { status?: string }).status === 'down' && Date.parse(timestamp) > since,
    );
    expect(downs).toHaveLength(1);
    await replica.kill('SIGKILL');
    removeDataDir(directory);
  }, 120_000);

  it('is noticed twice, if it is replaced twice', async () => {
    expectNoticed(await replace(() => store.restore()), 'first');
    await ready(service);
    await store.stop('SIGKILL');
    store.empty();
    await store.start();
    await until(() => lines(REBUILT).length === 2, undefined, { withinMs: 10_000 });
    await expectAllOf(undefined, { old: 401 });
  }, 120_000);

  it('is noticed at the start, if it was replaced while the service was stopped', async () => {
    const before = await store.last();
    expect(await service.stop()).toBe(0);
    await store.stop();
    store.restore();
    await store.elsewhere((connectionString) => writePast(before.position, connectionString));
    await store.start();
    service = await startService(store.connectionString, dataDir);
    await expectAllOf('first', { old: 200 });
    expect(lines(REPLACED)).toHaveLength(1);
  }, 120_000);

  it('is not noticed if it is the same: restarted, truncated, or scavenged after deletions', async () => {
    await store.restart('SIGKILL');
    await ready(service);
    await withStore(async ({ store: opened, clients }) => {
      for (let round = 0; round < 3; round++) {
        await opened.appendToStream('last', greeted('the last event'));
        await sleep(600);
        if (round === 0) await opened.setStreamMetadata('last', { truncateBefore: 100 });
        else if (round === 1) await opened.deleteStream('last');
        else await clients.client.tombstoneStream('last');
        await store.scavenge();
        await sleep(1_500);
        await store.restart(round === 1 ? 'SIGKILL' : 'SIGTERM');
        await ready(service);
      }
    });
    // It is ready before it has caught up with the streams of users.
    const name = await eventually(
      async () => nameIn(await alice.get(DOCUMENT)),
      (answered) => answered !== 503,
    );
    expect(name).toBe('after the backup 4');
    expect([lines(REPLACED), lines(REBUILT)]).toEqual([[], []]);
  }, 120_000);
});
