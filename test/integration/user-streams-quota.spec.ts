import { until } from '../support/eventually.js';
import { type EventStore } from '../../src/event-store/domain/index.js';
import {
  initialMetadataOf,
  QuotaExceededError,
  streamNameOf,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import {
  atRevision,
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
    expect(replica.table.usage(userId)).toEqual({ streams: 5, bytes: 50 });
    // A user with all streams may still write to them.
    await replace(replica, keys[outcomes.findIndex(({ status }) => status === 'fulfilled')] ?? key);
  });

  it('of bytes is not exceeded, however many writes are concurrent', async () => {
    const replica = await replicas.open({ quota: { streams: 100, bytes: 1_000 } });
    const outcomes = await Promise.allSettled(
      keysOf(userId, 10).flatMap((each) => [replace(replica, each, 70), replace(replica, each, 30)]),
    );
    const { bytes } = replica.table.usage(userId);
    expect(bytes).toBeLessThanOrEqual(1_000);
    expect(bytes).toBe(
      outcomes.reduce((sum, { status }, n) => sum + (status === 'fulfilled' ? (n % 2 === 0 ? 70 : 30) : 0), 0),
    );
    expect(bytes).toBeGreaterThan(900);
  });

  it('counts the bytes of every event of a write exactly', async () => {
    const replica = await replicas.open({ quota: { streams: 3, bytes: 100 } });
    await replica.streams.replace(requestFor(key), [{ data: dataOf(20) }, { data: dataOf(30) }]);
    await replica.streams.replaceAll(
      keysOf(userId, 2).map((each) => ({ request: requestFor(each), data: [{ data: { d: 'é🐧' } }] })),
    );
    const bytes = 20 + 30 + 2 * Buffer.byteLength('{"d":"é🐧"}');
    expect(replica.table.usage(userId)).toEqual({ streams: 3, bytes });
    expect(await rejectionOf(replace(replica, key, 100 - bytes + 1))).toMatchObject({
      details: { quota: 'bytes', limit: 100, used: bytes, requested: 100 - bytes + 1 },
    });
    await replace(replica, key, 100 - bytes);
    expect(await rejectionOf(replace(replica, key))).toBeInstanceOf(QuotaExceededError);
    // A write of no bytes is always possible.
    await replica.streams.delete(requestFor(key));
    await replica.streams.restore(requestFor(key));
  });

  it('writes to none of several streams that exceed it together, and reserves nothing afterwards', async () => {
    const replica = await replicas.open({ quota: { streams: 2, bytes: 1_000 } });
    const keys = keysOf(userId, 3);
    const together = (some: readonly UserStreamKey[]): Promise<unknown> =>
      replica.streams.replaceAll(some.map((each) => ({ request: requestFor(each), data: [{ data: dataOf(10) }] })));
    expect(await rejectionOf(together(keys))).toBeInstanceOf(QuotaExceededError);
    expect(await existing(keys)).toBe(0);
    await together(keys.slice(1));
    expect(await existing(keys)).toBe(2);
  });

  it('releases the reservation of a rejected write', async () => {
    const replica = await replicas.open({ quota: { streams: 1, bytes: 30 } });
    await replace(replica, key);
    for (let n = 0; n < 3; n++) {
      expect(
        await rejectionOf(replica.streams.replace(requestFor(key, atRevision(0)), [{ data: dataOf(20) }])),
      ).toMatchObject({ type: 'wrong-expected-revision', current: 1n });
      expect(
        await rejectionOf(replica.streams.create(requestFor(key), initialMetadataOf(key), { d: '' })),
      ).toMatchObject({
        type: 'stream-already-exists',
      });
    }
    await replace(replica, key, 20);
    expect(replica.table.usage(userId)).toEqual({ streams: 1, bytes: 30 });
  });

  it('does not count a stream twice while its metadata are still being written', async () => {
    let write = (): void => undefined;
    const mayWrite = new Promise<void>((resolve) => (write = resolve));
    const replica = await replicas.open({
      quota: { streams: 2, bytes: 20 },
      wrapStore: (whole) =>
        new Proxy(whole, {
          get: (target, member) => {
            if (member === 'initializeMetadata')
              return async (stream: Parameters<EventStore['initializeMetadata']>[0]) => (
                await mayWrite,
                target.initializeMetadata(stream)
              );
            const value: unknown = Reflect.get(target, member, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    });
    const first = replace(replica, key);
    await caughtUpWith(replica, key);
    const [other, third] = keysOf(userId, 2) as [UserStreamKey, UserStreamKey];
    const second = replace(replica, other);
    await caughtUpWith(replica, other);
    expect(await rejectionOf(replace(replica, third))).toBeInstanceOf(QuotaExceededError);
    write();
    await Promise.all([first, second]);
    expect(replica.table.usage(userId)).toEqual({ streams: 2, bytes: 20 });
  });
  const caughtUpWith = (replica: Replica, each: UserStreamKey): Promise<void> =>
    until(() => replica.table.data(each) !== undefined);

  it('is counted by user, and is the same on a new replica', async () => {
    const quota = { streams: 1, bytes: 1_000 };
    const replica = await replicas.open({ quota });
    await replace(replica, key);
    await replace(replica, newKey());
    const other = await replicas.open({ quota });
    expect(await rejectionOf(replace(other, newKey({ userId, type: 'offers' })))).toBeInstanceOf(QuotaExceededError);
    await caughtUp(other, store, key);
    expect(other.table.usage(userId)).toEqual({ streams: 1, bytes: 10 });
  });
});
