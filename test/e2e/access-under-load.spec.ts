import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/common/clock.js';
import { ApiKeyService } from '../../src/identity/api-keys/api-key.service.js';
import { ApiCaller, type Reply } from '../support/api-caller.js';
import { connect } from '../support/connected-store.js';
import { eventually, sleep } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { LiveFeed } from '../support/live-feed.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const WRITERS = 24;
const HOLD_MS = 10_000;
/** A change must be in force on other replicas after this time. */
const ELSEWHERE_WITHIN_MS = 1_000;
const OBSERVED_MS = 3_000;
const STREAMS = '/api/users/alice/streams';
const PRELOAD = pathToFileURL(resolve(__dirname, '../support/hold-tables.mjs')).href;

/** Response to a read, with the time at which it was requested. */
interface Read {
  readonly route: string;
  readonly requestedAt: number;
  readonly mayRead: boolean;
  readonly status: number;
}

describe('a change of access while 24 writers write', () => {
  const directories: string[] = [];
  const services: ServiceProcess[] = [];
  let store: KurrentDBServer;
  let isWriting = true;
  let writing: Promise<unknown>;
  let written = 0;

  const serviceAt = (index: number): ServiceProcess => services[index] as ServiceProcess;
  const callerAt = (index: number, user: string, ...roles: string[]): Promise<ApiCaller> =>
    ApiCaller.of(() => serviceAt(index).url, user, ...roles);

  beforeAll(async () => {
    store = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    const environments = [
      {},
      { NODE_OPTIONS: `--import=${PRELOAD}`, HOLD_TABLES_MS: String(HOLD_MS) },
    ] as const satisfies Record<string, string>[];
    for (const environment of environments) {
      const dataDir = makeDataDir();
      directories.push(dataDir);
      services.push(
        await ServiceProcess.start({
          DATA_DIR: dataDir,
          ...AUTH,
          KURRENTDB_CONNECTION_STRING: store.connectionString,
          USER_QUOTA_BYTES: '1000000000',
          AUTH_OPEN_ENDPOINTS: 'health',
          ...environment,
        }),
      );
    }
    for (const service of services) await ready(service);
  }, 90_000);

  afterAll(async () => {
    isWriting = false;
    await writing;
    await ServiceProcess.killAll();
    await store.kill();
    for (const directory of directories) removeDataDir(directory);
  });

  const streamOf = (type: string): string => `${STREAMS}/${type}/default`;
  const routesOf = (type: string): readonly string[] => [
    streamOf(type),
    `${streamOf(type)}?revision=0`,
    `${streamOf(type)}/history`,
    `${streamOf(type)}/metadata`,
    `${streamOf(type)}/feed?from=0`,
    `/api/streams/user-alice-${type}/events`,
    `${STREAMS}?type=${type}`,
  ];
  const isListed = ({ body }: Reply): boolean => (body as { streams?: unknown[] }).streams?.length !== 0;

  async function readOnce(caller: ApiCaller, route: string): Promise<Read> {
    const requestedAt = performance.now();
    // HEAD ends at once, unlike GET.
    const reply = await caller.request(route.includes('/feed') ? 'HEAD' : 'GET', route);
    const mayRead = reply.status === 200 && (!route.startsWith(`${STREAMS}?`) || isListed(reply));
    return { route, requestedAt, mayRead, status: reply.status };
  }

  async function readAll(caller: ApiCaller, type: string, until: () => boolean): Promise<readonly Read[]> {
    const reads = await Promise.all(
      routesOf(type).map(async (route) => {
        const ofRoute: Read[] = [];
        while (!until()) ofRoute.push(await readOnce(caller, route));
        return ofRoute;
      }),
    );
    return reads.flat();
  }

  function startWriting(callers: readonly ApiCaller[]): void {
    writing = Promise.all(
      callers.map(async (caller, index) => {
        while (isWriting) {
          const { status } = await caller.put(`/api/users/writer-${index}/streams/activity`, {
            data: { action: 'written', details: { count: written, text: 'x'.repeat(500) } },
          });
          if (status < 300) written++;
        }
      }),
    );
  }

  const CHANGES: readonly (readonly [type: string, title: string, change: (alice: ApiCaller) => Promise<Reply>])[] = [
    ['profile', 'made private', (alice) => alice.patch(`${streamOf('profile')}/metadata`, { visibility: 'private' })],
    [
      'loans',
      'taken from a reader',
      (alice) => alice.patch(`${streamOf('loans')}/metadata`, { permissions: { read: ['alice'] } }),
    ],
    ['offers', 'deleted', (alice) => alice.delete(streamOf('offers'))],
    ['activity', 'made private', (alice) => alice.patch(`${streamOf('activity')}/metadata`, { visibility: 'private' })],
  ];

  it('is in force here when it is answered, and after a second on a replica whose tables are 10 s behind', async () => {
    const [alice, bob, bobElsewhere, aliceElsewhere] = await Promise.all([
      callerAt(0, 'alice'),
      callerAt(0, 'bob'),
      callerAt(1, 'bob'),
      callerAt(1, 'alice'),
    ]);
    const data: Readonly<Record<string, unknown>> = {
      profile: { displayName: 'Alice', email: 'alice@example.com' },
      loans: { status: 'requested', amount: 1 },
      offers: { title: 'Moby Dick' },
      activity: { action: 'login' },
    };
    for (const [type] of CHANGES) {
      expect((await alice.put(streamOf(type), { data: data[type] })).status).toBe(201);
      const access =
        type === 'loans' || type === 'offers' ? { permissions: { read: ['alice', 'bob'] } } : { visibility: 'public' };
      expect((await alice.patch(`${streamOf(type)}/metadata`, access)).status).toBe(200);
    }
    for (const [type] of CHANGES)
      await eventually(
        () => bobElsewhere.get(streamOf(type)),
        ({ status }) => status === 200,
        60_000,
      );
    startWriting(await Promise.all(Array.from({ length: WRITERS }, (_, index) => callerAt(0, `writer-${index}`))));
    await sleep(1_500);

    for (const [type, title, change] of CHANGES) {
      const feeds = await Promise.all(
        [0, 1].map((index) =>
          LiveFeed.open(serviceAt(index).url, `${streamOf(type)}/feed?from=0`, [bob, bobElsewhere][index]?.headers),
        ),
      );
      let isOver = false;
      const reading = [bob, bobElsewhere].map((caller) => readAll(caller, type, () => isOver));
      await sleep(500);
      const startedAt = performance.now();
      const { status } = await change(alice);
      const answeredAt = performance.now();
      expect(status).toBe(200);
      if (title !== 'deleted') expect((await alice.put(streamOf(type), { data: data[type] })).status).toBe(200);
      await sleep(OBSERVED_MS);
      // The tables there do not have the change: their owner, who needs no confirmation, gets what was there before.
      expect((await aliceElsewhere.get(`${streamOf(type)}/metadata`)).body).toMatchObject({ metadataRevision: 1 });
      isOver = true;
      const [here, elsewhere] = (await Promise.all(reading)) as [readonly Read[], readonly Read[]];

      const ofRoute = (reads: readonly Read[], route: string): readonly Read[] =>
        reads.filter((read) => read.route === route);
      for (const route of routesOf(type)) {
        for (const reads of [here, elsewhere])
          expect({ type, route, couldRead: ofRoute(reads, route).some(({ mayRead }) => mayRead) }).toEqual({
            type,
            route,
            couldRead: true,
          });
        const late = [
          ...ofRoute(here, route).filter(({ requestedAt }) => requestedAt >= answeredAt),
          ...ofRoute(elsewhere, route).filter(({ requestedAt }) => requestedAt >= answeredAt + ELSEWHERE_WITHIN_MS),
        ];
        expect(late.length).toBeGreaterThan(2);
        expect(late.filter(({ mayRead }) => mayRead)).toEqual([]);
        expect(late.filter((read) => ![200, 404, 410, 503].includes(read.status))).toEqual([]);
      }
      await Promise.all(feeds.map(({ ended }) => ended));
      // The write of after the change is on neither feed.
      for (const { end } of feeds) expect(end).toBe(title === 'deleted' ? 'stream-deleted' : 'permission-lost');
      for (const { events } of feeds)
        expect(events.filter(({ event }) => event !== 'StreamDeleted').map(({ id }) => id)).toEqual(['0', '1']);
      expect(answeredAt - startedAt).toBeLessThan(10_000);
    }
    expect(written).toBeGreaterThan(1_000);
  }, 180_000);

  it('ends every connection of an API key within a second of its revocation, on every replica', async () => {
    const { store: connected, clients } = connect(store.connectionString);
    const keys = new ApiKeyService(connected, systemClock);
    const { text } = await keys.create({ name: 'feed-reader', roles: [] });
    const headers = { 'x-api-key': text };
    const stream = streamOf('preferences');
    const alice = await callerAt(0, 'alice');
    expect((await alice.put(stream, { data: { theme: 'dark' } })).status).toBe(201);
    await alice.patch(`${stream}/metadata`, { permissions: { read: ['alice', 'key:feed-reader'] } });
    const readers = [0, 1].map((index) => new ApiCaller(() => serviceAt(index).url, headers));
    for (const reader of readers)
      await eventually(
        () => reader.get(stream),
        ({ status }) => status === 200,
        60_000,
      );
    const feeds = await Promise.all(
      [0, 1].map((index) => LiveFeed.open(serviceAt(index).url, `${stream}/feed`, headers)),
    );
    expect(feeds.map(({ status }) => status)).toEqual([200, 200]);
    const sockets = [0, 1].map(
      (index) => new WebSocket(`${serviceAt(index).url.replace('http', 'ws')}/ws/uptime`, { headers }),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'open')));

    // They may be closed before the revocation has been answered here.
    const closed = sockets.map((socket) => once(socket, 'close').then((told) => told.map(String)));
    await keys.revoke('feed-reader');
    const revokedAt = performance.now();
    const elapsed = async (ended: Promise<unknown>): Promise<number> => ended.then(() => performance.now() - revokedAt);
    const durations = await Promise.all([...feeds.map(({ ended }) => ended), ...closed].map(elapsed));
    for (const duration of durations) expect(duration).toBeLessThan(ELSEWHERE_WITHIN_MS);
    expect(feeds.map(({ end, events }) => ({ end, events }))).toEqual(
      feeds.map(() => ({ end: 'credentials-revoked', events: [] })),
    );
    expect(await Promise.all(closed)).toEqual(sockets.map(() => ['1008', 'the credentials are not valid any more']));
    await sleep(Math.max(0, revokedAt + ELSEWHERE_WITHIN_MS - performance.now()));
    for (const reader of readers) expect((await reader.get(stream)).status).toBe(401);
    await clients.close();
  }, 120_000);
});
