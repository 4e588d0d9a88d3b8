import { settleWithin } from '../../src/common/wait.js';
import { sleep, until } from '../support/eventually.js';
import { type Caller, ownedBy, type RecordedEvent, TimeoutError } from '../../src/event-store/domain/index.js';
import { initialMetadataOf, streamNameOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import {
  callerOf,
  caughtUp,
  newKey,
  rejectionOf,
  type Replica,
  readerOf,
  requestFor,
  useReplicas,
} from '../support/replica.js';

const BOB = callerOf('bob');

/** What a caller gets: error type, or undefined. */
async function errorTypeOf(read: () => unknown): Promise<unknown> {
  try {
    await read();
    return undefined;
  } catch (error) {
    return (error as { type?: string }).type ?? error;
  }
}

/** A feed whose events are collected until it ends. */
async function follow(
  { feed }: Replica,
  caller: Caller,
  key: UserStreamKey,
): Promise<{ readonly events: RecordedEvent[]; readonly ended: Promise<void> }> {
  const events: RecordedEvent[] = [];
  const following = await feed.follow(caller, readerOf(caller), key, undefined, new AbortController().signal);
  const ended = (async () => {
    for await (const event of following) events.push(event);
  })();
  // The first read is behind it: from here on the feed waits for events.
  await sleep(50);
  return { events, ended };
}

describe('a change of access, on the replica that wrote it and whose tables do not have it yet', () => {
  const replicas = useReplicas();
  let replica: Replica;
  let key: UserStreamKey;

  beforeEach(async () => {
    replica = await replicas.open();
    key = newKey();
    const permissions = { ...ownedBy(key.userId), read: [key.userId, 'bob'], write: [key.userId, 'bob'] };
    await replica.streams.create(requestFor(key), initialMetadataOf(key, { permissions }), { n: 1 });
    await caughtUp(replica, replicas.store, key);
    replica.delay.begin();
  });
  afterEach(() => replica.delay.end());

  const readsOf = (caller: Caller): readonly (() => unknown)[] => [
    () => replica.queries.state(caller, key),
    () => replica.queries.stateAtRevision(caller, key, 1n),
    () => replica.queries.stateAtTime(caller, key, Number.MAX_SAFE_INTEGER),
    () => replica.queries.readable(caller, key),
    () => replica.feed.follow(caller, readerOf(caller), key, undefined, new AbortController().signal),
  ];
  const outcomes = (caller: Caller): Promise<unknown[]> => Promise.all(readsOf(caller).map(errorTypeOf));
  const listed = async (caller: Caller, status: 'active' | 'deleted' = 'active'): Promise<string[]> =>
    (await replica.queries.list(caller, key.userId, { status }, 10)).streams.map(({ name }) => name);

  it('hides a stream that was made private from every way to read it, and ends the feed', async () => {
    expect(await outcomes(BOB)).toEqual(readsOf(BOB).map(() => undefined));
    expect(await listed(BOB)).toEqual([streamNameOf(key)]);
    const { events, ended } = await follow(replica, BOB, key);
    await replica.metadata.change(callerOf(key.userId), key, { permissions: ownedBy(key.userId) }, undefined);
    expect(replica.model.position).toBeDefined();
    expect(await outcomes(BOB)).toEqual(readsOf(BOB).map(() => 'stream-not-found'));
    expect(await listed(BOB)).toEqual([]);
    expect(
      await rejectionOf(replica.streams.replace(requestFor(key, { caller: BOB }), [{ data: { n: 2 } }])),
    ).toMatchObject({ type: 'permission-error' });
    await ended;
    expect(events).toEqual([]);
  });

  it('opens a stream that was made public', async () => {
    const carol = callerOf('carol');
    await replica.metadata.change(callerOf(key.userId), key, { visibility: 'public' }, undefined);
    expect(await outcomes(carol)).toEqual(readsOf(carol).map(() => undefined));
    expect(await listed(carol)).toEqual([streamNameOf(key)]);
  });

  it('deletes and restores for everyone', async () => {
    const owner = callerOf(key.userId);
    const { ended } = await follow(replica, BOB, key);
    await replica.streams.delete(requestFor(key));
    for (const caller of [BOB, owner]) {
      expect(await outcomes(caller)).toEqual(readsOf(caller).map(() => 'stream-deleted'));
      expect(await listed(caller)).toEqual([]);
    }
    expect(await listed(owner, 'deleted')).toEqual([streamNameOf(key)]);
    replica.delay.end();
    await ended;
    await caughtUp(replica, replicas.store, key);
    replica.delay.begin();
    await replica.streams.restore(requestFor(key));
    for (const caller of [BOB, owner]) {
      expect(await outcomes(caller)).toEqual(readsOf(caller).map(() => undefined));
      expect(await listed(caller)).toEqual([streamNameOf(key)]);
    }
    expect(await listed(owner, 'deleted')).toEqual([]);
  });

  it('gives way to a later change of another replica once the tables have both', async () => {
    const other = await replicas.open();
    await replica.metadata.change(callerOf(key.userId), key, { permissions: ownedBy(key.userId) }, undefined);
    await other.metadata.change(callerOf(key.userId), key, { visibility: 'public' }, undefined);
    expect(await listed(BOB)).toEqual([]);
    replica.delay.end();
    await caughtUp(replica, replicas.store, key);
    expect(await outcomes(BOB)).toEqual(readsOf(BOB).map(() => undefined));
    expect(await listed(BOB)).toEqual([streamNameOf(key)]);
  });
});

describe('a change of access, on a replica whose tables have been behind for more than a second', () => {
  const replicas = useReplicas();
  let fast: Replica;
  let slow: Replica;
  let keys: UserStreamKey[];
  let reads: string[];
  let isAway: boolean;

  beforeEach(async () => {
    reads = [];
    isAway = false;
    fast = await replicas.open();
    slow = await replicas.open({
      wrapStore: (whole) =>
        new Proxy(whole, {
          get: (target, member) => {
            const value: unknown = Reflect.get(target, member, target);
            if (typeof value !== 'function') return value;
            return (...given: unknown[]): unknown => {
              if (member === 'getStreamMetadata') {
                reads.push(String(given[0]));
                if (isAway) return Promise.reject(new TimeoutError('no response'));
              }
              return value.apply(target, given) as unknown;
            };
          },
        }),
    });
    const userId = newKey().userId;
    keys = (['activity', 'loans', 'profile'] as const).map((type) => newKey({ userId, type }));
    for (const key of keys) {
      const permissions = { ...ownedBy(userId), read: [userId, 'bob'], write: [userId, 'bob'] };
      await fast.streams.create(requestFor(key), initialMetadataOf(key, { permissions }), { n: 1 });
    }
    for (const replica of [fast, slow]) await caughtUp(replica, replicas.store, newKey());
    slow.delay.begin();
  });
  afterEach(() => slow.delay.end());

  const keyAt = (index: number): UserStreamKey => keys[index] as UserStreamKey;
  const becomeStale = async (): Promise<void> => {
    await fast.streams.replace(requestFor(newKey()), [{ data: {} }]);
    await until(() => !slow.freshness.isFresh);
  };
  const readsOf = (caller: Caller, key: UserStreamKey): readonly (() => Promise<unknown>)[] => [
    () => slow.queries.state(caller, key),
    () => slow.queries.stateAtRevision(caller, key, 1n),
    () => slow.queries.stateAtTime(caller, key, Number.MAX_SAFE_INTEGER),
    () => slow.queries.readable(caller, key),
    () => slow.feed.follow(caller, readerOf(caller), key, undefined, new AbortController().signal),
  ];
  const outcomes = (caller: Caller, key: UserStreamKey): Promise<unknown[]> =>
    Promise.all(readsOf(caller, key).map(errorTypeOf));
  const list = (caller: Caller, limit = 10, after?: string): ReturnType<Replica['queries']['list']> =>
    slow.queries.list(caller, keyAt(0).userId, {}, limit, after);

  it('is in force for everyone but the owner, whom the tables serve', async () => {
    const owner = callerOf(keyAt(0).userId);
    const admin = callerOf('root', 'admin');
    await fast.metadata.change(owner, keyAt(0), { permissions: { read: [owner.id] } }, undefined);
    await fast.streams.delete(requestFor(keyAt(1)));
    await becomeStale();
    expect(slow.table.stream(keyAt(0))?.permissions.read).toContain('bob');
    expect(await outcomes(BOB, keyAt(0))).toEqual(Array(5).fill('stream-not-found'));
    expect(await outcomes(BOB, keyAt(1))).toEqual(Array(5).fill('stream-deleted'));
    expect(await outcomes(admin, keyAt(1))).toEqual(Array(5).fill('stream-deleted'));
    expect(await outcomes(BOB, keyAt(2))).toEqual(Array(5).fill(undefined));
    expect((await list(BOB)).streams.map(({ name }) => name)).toEqual([streamNameOf(keyAt(2))]);
    // No cursor names a stream that the caller may not read.
    expect(await list(BOB, 1)).toMatchObject({ streams: [{ name: streamNameOf(keyAt(2)) }], nextAfter: undefined });
    reads = [];
    expect(await outcomes(owner, keyAt(0))).toEqual(Array(5).fill(undefined));
    expect((await list(owner)).streams).toHaveLength(3);
    expect(reads).toEqual([]);
  });

  it('ends an open feed, without an event that its reader may not read', async () => {
    const { events, ended } = await follow(slow, BOB, keyAt(0));
    await fast.metadata.change(
      callerOf(keyAt(0).userId),
      keyAt(0),
      { permissions: ownedBy(keyAt(0).userId) },
      undefined,
    );
    await becomeStale();
    await fast.streams.replace(requestFor(keyAt(0)), [{ data: { secret: true } }]);
    await ended;
    expect(events).toEqual([]);
    expect(slow.table.stream(keyAt(0))?.permissions.read).toContain('bob');
  });

  it('takes the right to write', async () => {
    const key = keyAt(0);
    await fast.metadata.change(callerOf(key.userId), key, { permissions: { write: [key.userId] } }, undefined);
    await becomeStale();
    expect(
      await rejectionOf(slow.streams.replace(requestFor(key, { caller: BOB }), [{ data: { n: 2 } }])),
    ).toMatchObject({ type: 'permission-error' });
  });

  it('is confirmed once for all who ask at the same time, and not for those who may not read anyway', async () => {
    await becomeStale();
    reads = [];
    await Promise.all(Array.from({ length: 20 }, () => slow.queries.state(BOB, keyAt(0))));
    expect(reads).toEqual([streamNameOf(keyAt(0))]);
    reads = [];
    for (const key of [keyAt(0), newKey()])
      expect(await rejectionOf(slow.queries.state(callerOf('carol'), key))).toMatchObject({ type: 'stream-not-found' });
    expect(reads).toEqual([]);
  });

  it('results in ConnectionError while the store does not confirm it, and ends no feed', async () => {
    const { ended } = await follow(slow, BOB, keyAt(0));
    await becomeStale();
    isAway = true;
    expect(await outcomes(BOB, keyAt(0))).toEqual(Array(5).fill('connection-error'));
    expect(await rejectionOf(list(BOB))).toMatchObject({ type: 'connection-error' });
    expect(await settleWithin(2_500, ended)).toBe(false);
    isAway = false;
    expect(await outcomes(BOB, keyAt(0))).toEqual(Array(5).fill(undefined));
  });

  it('needs no confirmation once the tables are fresh again', async () => {
    await becomeStale();
    slow.delay.end();
    await until(() => slow.freshness.isFresh);
    reads = [];
    expect(await outcomes(BOB, keyAt(0))).toEqual(Array(5).fill(undefined));
    expect(reads).toEqual([]);
  });
});
