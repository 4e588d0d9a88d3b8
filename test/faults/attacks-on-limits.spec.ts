import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { ApiCaller } from '../support/api-caller.js';
import { eventually, sleep } from '../support/eventually.js';
import { BOUNDED_HEAP, Heap } from '../support/heap.js';
import { expectUndisturbed, experienceOf, withOthers } from '../support/other-callers.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const MEGABYTE = 1_048_576;
const QUOTA_BYTES = 16 * MEGABYTE;
/** What is counted may take this many times its bytes: in the log, its indexes and the tables, whose files grow in steps. */
const DISK_PER_COUNTED_BYTE = 3;
const READ = '/api/users/alice/streams/profile';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ';
/** Connections are opened at a steady rate: these at once, and a pause. */
const PER_WAVE = 20;
const WAVE_MS = 50;
/** Time in which own probes would fail. */
const HELD_MS = 3_000;

/** How often each value occurs. */
const tally = (values: readonly string[]): ReadonlyMap<string, number> =>
  values.reduce((counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1), new Map<string, number>());

describe('a service with 512 MB, of which one caller takes what there is', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;
  let heap: Heap;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ready(
      await ServiceProcess.start({
        DATA_DIR: dataDir,
        ...AUTH,
        ...BOUNDED_HEAP,
        UPTIME_INTERVAL_MS: '500',
        UPTIME_TIMEOUT_MS: '400',
        USER_QUOTA_BYTES: String(QUOTA_BYTES),
      }),
    );
    alice = await ApiCaller.of(() => service.url, 'alice');
    expect((await alice.put(READ, { data: {} })).status).toBe(201);
    const readable = { permissions: { read: ['*', 'alice'] } };
    expect((await alice.patch(`${READ}/default/metadata`, readable)).status).toBe(200);
    heap = await Heap.of(service);
    await experienceOf(alice, READ); // code is compiled before anything is measured
  }, 60_000);
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  /** Sends a request from an address and keeps its connection. @returns the status of the response */
  const hold = (path: string, headers: string, localAddress: string): Promise<string> => {
    const { hostname, port } = new URL(service.url);
    const socket = connect({ host: hostname, port: Number(port), localAddress });
    sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1').slice(9, 12)));
      socket.once('error', reject);
      socket.on('error', () => undefined);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    });
  };
  const listen = (localAddress: string): Promise<string> =>
    hold('/ws/uptime', `${UPGRADE}${Buffer.alloc(16, 7).toString('base64')}\r\n`, localAddress);
  const follow = (localAddress: string): Promise<string> => hold(`${READ}/default/feed`, '', localAddress);
  const statusOfOwnFeed = async (): Promise<string | undefined> => {
    const { services } = (await alice.get('/api/uptime/status')).body as {
      services: { serviceName: string; currentStatus: string }[];
    };
    return services.find(({ serviceName }) => serviceName === 'websocket')?.currentStatus;
  };
  /** Opens connections at a steady rate, and holds them. @returns the statuses of the responses */
  const attack = async (count: number, open: () => Promise<string>): Promise<readonly string[]> => {
    const opened: Promise<string>[] = [];
    while (opened.length < count) {
      for (let n = 0; n < PER_WAVE; n++) opened.push(open());
      await sleep(WAVE_MS);
    }
    const statuses = await Promise.all(opened);
    await sleep(HELD_MS);
    return statuses;
  };
  const expectMemoryOf = (before: number): Promise<number> =>
    eventually(
      async () => (await heap.used()) - before,
      (bytes) => bytes < 50 * MEGABYTE,
    );

  it('keeps places of the live feed for other addresses and for its own probe', async () => {
    await eventually(statusOfOwnFeed, (status) => status === 'up');
    const [before, quiet] = [await heap.used(), await experienceOf(alice, READ)];
    const { result, others } = await withOthers(
      attack(1_200, () => listen('127.0.0.2')),
      alice,
      READ,
    );
    expect(tally(result)).toEqual(new Map([['101', 100], ['503', 1_100]])); // prettier-ignore
    expectUndisturbed(others, quiet);
    expect(await listen('127.0.0.3')).toBe('101');
    expect(await statusOfOwnFeed()).toBe('up');
    // Many addresses can take all places, but not that of the own probe.
    const all = await Promise.all(Array.from({ length: 1_000 }, (_, index) => listen(`127.0.1.${1 + (index % 20)}`)));
    expect(tally(all).get('503')).toBeGreaterThan(0);
    await sleep(HELD_MS);
    expect(await statusOfOwnFeed()).toBe('up');
    for (const socket of sockets.splice(0)) socket.destroy();
    await expectMemoryOf(before);
  }, 60_000);

  it('keeps places of the feeds of streams for other addresses', async () => {
    const [before, quiet] = [await heap.used(), await experienceOf(alice, READ)];
    const { result, others } = await withOthers(
      attack(400, () => follow('127.0.0.2')),
      alice,
      READ,
    );
    expect(tally(result)).toEqual(new Map([['200', 50], ['429', 350]])); // prettier-ignore
    expectUndisturbed(others, quiet);
    expect(await follow('127.0.0.3')).toBe('200');
    for (const socket of sockets.splice(0)) socket.destroy();
    await expectMemoryOf(before);
  }, 60_000);

  /** On the disk, of everything below `DATA_DIR`. */
  const storedBytes = (): number =>
    1_024 * Number(/^\d+/.exec(spawnSync('du', ['-sk', dataDir], { encoding: 'utf8' }).stdout)?.[0]);

  const manyEvents = { events: Array.from({ length: 500 }, () => ({ data: {} })) };
  const manyReaders = (round: number): readonly string[] =>
    Array.from({ length: 100 }, (_, index) => `reader-${round}-${index}`.padEnd(120, 'x'));

  it.each([
    ['events without data', 'mallory', (user: ApiCaller, log: string) => user.post(`${log}/events`, manyEvents)],
    [
      'long lists of permissions',
      'trudy',
      (user: ApiCaller, log: string, round: number) =>
        user.patch(`${log}/metadata`, { permissions: { read: manyReaders(round) } }),
    ],
  ])(
    'stores no more of a user than the quota allows: %s',
    async (_, name, send) => {
      const log = `/api/users/${name}/streams/activity/log`;
      const user = await ApiCaller.of(() => service.url, name);
      expect((await user.put(log, { data: {} })).status).toBe(201);
      const [before, quiet, stored] = [await heap.used(), await experienceOf(alice, READ), storedBytes()];
      const write = async (): Promise<readonly number[]> => {
        const statuses: number[] = [];
        for (let round = 0; round < 2_000 && statuses.at(-1) !== 403; round++)
          statuses.push((await send(user, log, round)).status);
        return statuses;
      };
      const { result, others } = await withOthers(write(), alice, READ);
      expect(result.length).toBeGreaterThan(20);
      expect(result.at(-1)).toBe(403);
      expectUndisturbed(others, quiet);
      expect(storedBytes() - stored).toBeLessThan(DISK_PER_COUNTED_BYTE * QUOTA_BYTES);
      await expectMemoryOf(before);
    },
    60_000,
  );

  it('is still the same process', () => {
    expect(service.hasExited).toBe(false);
  });
});
