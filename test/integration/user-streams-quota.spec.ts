import { countedBytes } from '../support/stored-bytes.js';
import { type EventStore } from '../../src/event-store/domain/index.js';
import {
  ALLOWANCE_BYTES,
  EVENT_OVERHEAD_BYTES,
  initialMetadataOf,
  QuotaExceededError,
  streamNameOf,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import { type MetadataChange } from '../../src/user-streams/application/index.js';
import {
  atRevision,
  callerOf,
  caughtUp,
  newKey,
  rejectionOf,
  type Replica,
  requestFor,
  useReplicas,
} from '../support/replica.js';

const keysOf = (userId: string, count: number): UserStreamKey[] =>
  Array.from({ length: count }, (_, n) => newKey({ userId, type: 'loans', category: `c${n}` }));
/** JSON of this size in bytes. */
const dataOf = (bytes: number): { readonly d: string } => ({ d: 'x'.repeat(bytes - '{"d":""}'.length) });

describe('the quota of a user', () => {
  const replicas = useReplicas();
  let store: EventStore;
  let userId: string;
  let key: UserStreamKey;
  beforeAll(() => ({ store } = replicas));
  beforeEach(() => {
    key = newKey();
    ({ userId } = key);
  });
  const replace = (replica: Replica, to: UserStreamKey, bytes = 10): Promise<unknown> =>
    replica.streams.replace(requestFor(to), [{ data: dataOf(bytes) }]);
  const existing = async (keys: readonly UserStreamKey[]): Promise<number> =>
    (await Promise.all(keys.map((each) => store.streamExists(streamNameOf(each))))).filter(Boolean).length;

  it('of streams is not exceeded, however many are created concurrently', async () => {
    const replica = await replicas.open({ quota: { streams: 5, bytes: 1e6 } });
    const keys = keysOf(userId, 20);
    const outcomes = await Promise.allSettled(keys.map((each) => replace(replica, each)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(QuotaExceededError);
    expect(await existing(keys)).toBe(5);
    expect(replica.table.usage(userId)).toEqual({ streams: 5, bytes: await countedBytes(store, ...keys) });
    // A user with all streams may still write to them.
    await replace(replica, keys[outcomes.findIndex(({ status }) => status === 'fulfilled')] ?? key);
  });

  it('of bytes is not exceeded, however many writes are concurrent', async () => {
    const limit = 40 * EVENT_OVERHEAD_BYTES;
    const replica = await replicas.open({ quota: { streams: 100, bytes: limit } });
    const keys = keysOf(userId, 10);
    const outcomes = await Promise.allSettled(
      keys.flatMap((each) => [replace(replica, each, 700), replace(replica, each, 300)]),
    );
    for (const each of keys) await Promise.allSettled(Array.from({ length: 5 }, () => replace(replica, each, 100)));
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    const { bytes } = replica.table.usage(userId);
    expect(bytes).toBe(await countedBytes(store, ...keys));
    expect(bytes).toBeLessThanOrEqual(limit);
    expect(bytes).toBeGreaterThan(limit - 100 - EVENT_OVERHEAD_BYTES);
  });

  it('counts the bytes of every event of a write exactly', async () => {
    const limit = 20 * EVENT_OVERHEAD_BYTES;
    const replica = await replicas.open({ quota: { streams: 3, bytes: limit } });
    await replica.streams.replace(requestFor(key), [{ data: dataOf(20) }, { data: dataOf(30) }]);
    const others = keysOf(userId, 2);
    await replica.streams.replaceAll(
      others.map((each) => ({ request: requestFor(each), data: [{ data: { d: 'é🐧' } }] })),
    );
    const bytes = await countedBytes(store, key, ...others);
    expect(replica.table.usage(userId)).toEqual({ streams: 3, bytes });
    // Three creations, four events with data, the metadata of three streams.
    expect(bytes).toBeGreaterThan(20 + 30 + 2 * Buffer.byteLength('{"d":"é🐧"}') + 10 * EVENT_OVERHEAD_BYTES);
    const left = limit - bytes - EVENT_OVERHEAD_BYTES;
    expect(await rejectionOf(replace(replica, key, left + 1))).toMatchObject({
      details: { quota: 'bytes', limit, used: bytes, requested: limit - bytes + 1 },
    });
    await replace(replica, key, left);
    expect(replica.table.usage(userId)).toEqual({ streams: 3, bytes: limit });
    expect(await rejectionOf(replace(replica, key))).toBeInstanceOf(QuotaExceededError);
    // Always possible.
    await replica.streams.delete(requestFor(key));
    await replica.streams.restore(requestFor(key));
  });

  it('counts changes of metadata, and refuses all but those that only take rights away', async () => {
    const limit = 20 * EVENT_OVERHEAD_BYTES;
    const replica = await replicas.open({ quota: { streams: 1, bytes: limit } });
    await replace(replica, key);
    const owner = callerOf(userId);
    const change = (changed: MetadataChange): Promise<unknown> =>
      replica.metadata.change(owner, key, changed, undefined);
    await change({ permissions: { read: ['*'] } });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => change({ description: `${n} ${'x'.repeat(500)}` })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(1);
    const used = await countedBytes(store, key);
    expect(replica.table.usage(userId)).toEqual({ streams: 1, bytes: used });
    expect(used).toBeLessThanOrEqual(limit);
    for (const refused of [
      { description: 'x'.repeat(900) },
      { tags: ['a'] },
      { permissions: { write: [userId, 'bob'] } },
    ])
      expect(await rejectionOf(change({ ...refused, visibility: 'private' }))).toMatchObject({
        type: 'quota-exceeded',
      });
    await change({ permissions: { read: [userId] } });
    expect(replica.table.stream(key)?.permissions.read).toEqual([userId]);
    expect(replica.table.usage(userId).bytes).toBe(await countedBytes(store, key));
  });

  it('bounds what is always possible', async () => {
    const replica = await replicas.open({ quota: { streams: 1, bytes: 6 * EVENT_OVERHEAD_BYTES } });
    await replace(replica, key);
    let refused: unknown;
    const changes = ALLOWANCE_BYTES / EVENT_OVERHEAD_BYTES;
    for (let n = 0; n < changes && refused === undefined; n++)
      refused = await (n % 2 === 0 ? replica.streams.delete(requestFor(key)) : replica.streams.restore(requestFor(key)))
        .then(() => undefined)
        .catch((error: unknown) => error);
    expect(refused).toMatchObject({ type: 'quota-exceeded' });
  }, 60_000);

  it('writes to none of several streams that exceed it together, and reserves nothing afterwards', async () => {
    const replica = await replicas.open({ quota: { streams: 2, bytes: 1e6 } });
    const keys = keysOf(userId, 3);
    const together = (some: readonly UserStreamKey[]): Promise<unknown> =>
      replica.streams.replaceAll(some.map((each) => ({ request: requestFor(each), data: [{ data: dataOf(10) }] })));
    expect(await rejectionOf(together(keys))).toBeInstanceOf(QuotaExceededError);
    expect(await existing(keys)).toBe(0);
    await together(keys.slice(1));
    expect(await existing(keys)).toBe(2);
  });

  it('releases the reservation of a rejected write', async () => {
    const limit = 10 * EVENT_OVERHEAD_BYTES;
    const replica = await replicas.open({ quota: { streams: 1, bytes: limit } });
    await replace(replica, key);
    const left = limit - (await countedBytes(store, key)) - EVENT_OVERHEAD_BYTES;
    for (let n = 0; n < 3; n++) {
      expect(
        await rejectionOf(replica.streams.replace(requestFor(key, atRevision(0)), [{ data: dataOf(left) }])),
      ).toMatchObject({ type: 'wrong-expected-revision', current: 1n });
      expect(
        await rejectionOf(replica.streams.create(requestFor(key), initialMetadataOf(key), { d: '' })),
      ).toMatchObject({
        type: 'stream-already-exists',
      });
    }
    await replace(replica, key, left);
    expect(replica.table.usage(userId)).toEqual({ streams: 1, bytes: limit });
  });

  it('does not count a stream twice while its metadata are still being written', async () => {
    let write = (): void => undefined;
    const mayWrite = new Promise<void>((resolve) => (write = resolve));
    const replica = await replicas.open({
      quota: { streams: 2, bytes: 1e6 },
      wrapStore: (whole) =>
        new Proxy(whole, {
          get: (target, member) => {
            if (member === 'beginStream')
              return async (stream: Parameters<EventStore['beginStream']>[0]) => (
                await mayWrite,
                target.beginStream(stream)
              );
            const value: unknown = Reflect.get(target, member, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    });
    const first = replace(replica, key);
    const [other, third] = keysOf(userId, 2) as [UserStreamKey, UserStreamKey];
    const second = replace(replica, other);
    expect(await rejectionOf(replace(replica, third))).toBeInstanceOf(QuotaExceededError);
    write();
    await Promise.all([first, second]);
    expect(replica.table.usage(userId)).toEqual({ streams: 2, bytes: await countedBytes(store, key, other) });
  });

  it('is counted by user, and is the same on a new replica', async () => {
    const quota = { streams: 1, bytes: 1e6 };
    const replica = await replicas.open({ quota });
    await replace(replica, key);
    await replace(replica, newKey());
    const other = await replicas.open({ quota });
    expect(await rejectionOf(replace(other, newKey({ userId, type: 'offers' })))).toBeInstanceOf(QuotaExceededError);
    await caughtUp(other, store, key);
    expect(other.table.usage(userId)).toEqual({ streams: 1, bytes: await countedBytes(store, key) });
    expect(other.table.usage(userId)).toEqual(replica.table.usage(userId));
  });
});
