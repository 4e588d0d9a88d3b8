import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ApiCaller } from '../support/api-caller.js';
import { eventually, sleep } from '../support/eventually.js';
import { BOUNDED_HEAP, Heap } from '../support/heap.js';
import { LiveFeed } from '../support/live-feed.js';
import { expectUndisturbed, experienceOf, withOthers } from '../support/other-callers.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const MEGABYTE = 1_048_576;
const STREAM = '/api/users/alice/streams/activity/log';
/** What other callers read. */
const READ = '/api/users/alice/streams/profile';
const EVENTS = 90;
/** Nearly as many values and bytes as an event may have. */
const VALUES = Array.from({ length: 24_000 }, (_, index) => `value ${index}`.padEnd(38, 'x'));
const READERS = 60;
const ADDRESSES = 6;
const ATTACK_MS = 12_000;
/** Longer than a client that does not read is waited for. */
const UNREAD_MS = 40_000;

/** What clients request that send a request and read nothing of the response. */
const REQUESTS: Readonly<Record<string, string>> = {
  'pages of the history': `${STREAM}/history?limit=1000`,
  'pages of the events': '/api/streams/user-alice-activity-log/events?limit=1000',
  feeds: `${STREAM}/feed?from=0`,
  'large states': STREAM,
};

describe('a service with 512 MB, whose clients do not read', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;
  let heap: Heap;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, ...BOUNDED_HEAP }));
    alice = await ApiCaller.of(() => service.url, 'alice');
    for (let count = 0; count < EVENTS; count++) {
      const { status } = await alice.put(STREAM, { data: { details: { count, values: VALUES } } });
      expect(status).toBeLessThan(300);
    }
    const metadata = { permissions: { read: ['*', 'alice'] } };
    expect((await alice.patch(`${STREAM}/metadata`, metadata)).status).toBe(200);
    expect((await alice.put(READ, { data: {} })).status).toBe(201);
    heap = await Heap.of(service);
    for (const path of Object.values(REQUESTS).filter((one) => !one.includes('feed')))
      expect((await service.get(path)).status).toBe(200);
  }, 120_000);
  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** Sends the request over connections of several addresses, and reads nothing. */
  const attack = (path: string): void => {
    const { hostname, port } = new URL(service.url);
    for (let n = 0; n < READERS; n++) {
      const localAddress = `127.0.0.${2 + (n % ADDRESSES)}`;
      const socket = connect({ host: hostname, port: Number(port), localAddress });
      socket.pause();
      socket.on('error', () => undefined);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      sockets.push(socket);
    }
  };

  it.each(Object.entries(REQUESTS))(
    'lives and serves others during %s that are not read',
    async (_, path) => {
      const [before, quiet] = [await heap.used(), await experienceOf(alice, READ)];
      attack(path);
      const { others } = await withOthers(sleep(ATTACK_MS), alice, READ);
      expect(service.hasExited).toBe(false);
      expectUndisturbed(others, quiet);
      expect((await heap.used()) - before).toBeLessThan(300 * MEGABYTE);
      for (const socket of sockets.splice(0)) socket.destroy();
      await eventually(
        async () => (await heap.used()) - before,
        (bytes) => bytes < 50 * MEGABYTE,
      );
    },
    60_000,
  );

  it('ends feeds whose clients take nothing for half a minute', async () => {
    attack(`${STREAM}/feed?from=0`);
    await sleep(UNREAD_MS);
    // Only what the kernel has buffered is left to read; then the connection ends.
    const stillOpen = sockets.map(async (socket) => {
      let received = '';
      socket.on('data', (chunk: Buffer) => (received ||= chunk.toString('latin1', 0, 15)));
      socket.resume();
      const isClosed = await Promise.race([once(socket, 'close').then(() => true), sleep(5_000)]);
      // A refused request has a short answer, and the connection can be used again.
      return isClosed === true || received === 'HTTP/1.1 429 To' ? [] : [received];
    });
    expect((await Promise.all(stillOpen)).flat()).toEqual([]);
  }, 90_000);

  it('delivers every event to clients that read', async () => {
    const feed = await LiveFeed.open(service.url, `${STREAM}/feed?from=0`);
    const events = await eventually(
      () => Promise.resolve(feed.events),
      ({ length }) => length >= EVENTS + 1,
      30_000,
    );
    expect(events.map(({ id }) => Number(id)).slice(0, EVENTS + 1)).toEqual(
      Array.from({ length: EVENTS + 1 }, (_, revision) => revision),
    );
    feed.kill();
    const found: number[] = [];
    for (let from: number | null = 0; from !== null;) {
      const { body } = await service.get(`${STREAM}/history?from=${from}`);
      const page = body as { events: { revision: number }[]; nextFrom: number | null };
      found.push(...page.events.map(({ revision }) => revision));
      from = page.nextFrom;
    }
    expect(found).toEqual(found.map((_, revision) => revision));
    expect(found.length).toBeGreaterThan(EVENTS);
  }, 60_000);
});
