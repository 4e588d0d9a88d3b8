import {
  ANONYMOUS,
  type EventStore,
  ownedBy,
  StreamDeletedError,
  StreamNotFoundError,
  type StreamPermissions,
  ValidationError,
} from '../../src/event-store/domain/index.js';
import { type StreamFilter } from '../../src/user-streams/application/index.js';
import { initialMetadataOf, streamNameOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import { callerOf, caughtUp, newKey, rejectionOf, type Replica, requestFor, useReplicas } from '../support/replica.js';

const START = Date.parse('2026-01-01T12:00:00.000Z');

describe('the state of a stream', () => {
  const replicas = useReplicas();
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  let now: number;
  beforeAll(() => ({ store } = replicas));
  beforeEach(async () => {
    now = START;
    replica = await replicas.open({ clock: { now: () => now, monotonic: () => performance.now() } });
    key = newKey();
  });
  const owner = (): ReturnType<typeof callerOf> => callerOf(key.userId);
  const replaceAt = async (at: number, data: Record<string, unknown>): Promise<void> => {
    now = at;
    await replica.streams.replace(requestFor(key), [{ data }]);
  };
  const atRevision = async (revision: number): Promise<unknown> =>
    JSON.parse((await replica.queries.stateAtRevision(owner(), key, BigInt(revision))).data?.json ?? 'null');
  const atTime = async (at: number): Promise<unknown> =>
    JSON.parse((await replica.queries.stateAtTime(owner(), key, at)).data?.json ?? 'null');

  it('returns the data last written, with the revision, the time and the schema', async () => {
    await replaceAt(START, { n: 1 });
    await replaceAt(START + 5, { n: 2 });
    const [, , last] = await store.readStream(streamNameOf(key));
    expect(await replica.queries.state(owner(), key)).toEqual({
      key,
      revision: 2,
      data: { json: '{"n":2}', revision: 2, eventId: last?.eventId, at: START + 5, schema: 'profile@1' },
    });
  });

  it('is returned as it was after any revision; a later one is rejected with the current one', async () => {
    await replaceAt(START, { n: 1 });
    for (let n = 2; n <= 40; n++) await store.appendToStream(streamNameOf(key), { type: 'SomethingElse', data: n });
    await replaceAt(START, { n: 41 });
    expect([
      await atRevision(0),
      await atRevision(1),
      await atRevision(33),
      await atRevision(40),
      await atRevision(41),
    ]).toEqual([null, { n: 1 }, { n: 1 }, { n: 1 }, { n: 41 }]);
    expect(await rejectionOf(atRevision(42))).toMatchObject({
      type: 'validation-error',
      details: { currentRevision: 41 },
    });
  });

  it('is returned as it was at any time: of several events in one millisecond, after the last', async () => {
    await replaceAt(START, { n: 1 });
    await replaceAt(START, { n: 2 });
    await replaceAt(START + 1_000, { n: 3 });
    expect([
      await atTime(START),
      await atTime(START + 999),
      await atTime(START + 1_000),
      await atTime(START + 1e12),
    ]).toEqual([{ n: 2 }, { n: 2 }, { n: 3 }, { n: 3 }]);
    expect(await rejectionOf(atTime(START - 1))).toBeInstanceOf(StreamNotFoundError);
  });

  it('maps a time to a prefix of the stream, also if a clock went back', async () => {
    await replaceAt(START, { n: 1 });
    await store.appendToStream(streamNameOf(key), {
      type: 'SomethingElse',
      data: {},
      timestamp: new Date(START - 60_000).toISOString(),
    });
    await caughtUp(replica, store, key);
    await replaceAt(START - 30_000, { n: 2 });
    expect(await atTime(START)).toEqual({ n: 2 });
    expect(await rejectionOf(atTime(START - 1))).toBeInstanceOf(StreamNotFoundError);
  });

  it('is reported as deleted for times when it was, and returned for times before and after', async () => {
    await replaceAt(START, { n: 1 });
    now = START + 10;
    await replica.streams.delete(requestFor(key));
    await store.appendToStream(streamNameOf(key), {
      type: 'SomethingElse',
      data: {},
      timestamp: new Date(START + 15).toISOString(),
    });
    await caughtUp(replica, store, key);
    expect(await rejectionOf(atRevision(1))).toBeInstanceOf(StreamDeletedError);
    now = START + 20;
    await replica.streams.restore(requestFor(key));
    expect([await atTime(START + 9), await atTime(START + 20), await atRevision(1), await atRevision(4)]).toEqual([
      { n: 1 },
      { n: 1 },
      { n: 1 },
      { n: 1 },
    ]);
    for (const at of [START + 10, START + 15, START + 19])
      expect(await rejectionOf(atTime(at))).toBeInstanceOf(StreamDeletedError);
    for (const revision of [2, 3]) expect(await rejectionOf(atRevision(revision))).toBeInstanceOf(StreamDeletedError);
  });

  it('throws StreamNotFoundError to callers without read access, now and for any time', async () => {
    await replaceAt(START, { n: 1 });
    const missing = newKey();
    const errorsOf = async (of: UserStreamKey): Promise<string[]> => {
      const all = [ANONYMOUS, callerOf('bob')].flatMap((caller) => [
        replica.queries.state(caller, of),
        replica.queries.stateAtRevision(caller, of, 0n),
        replica.queries.stateAtRevision(caller, of, 99n),
        replica.queries.stateAtTime(caller, of, START),
        replica.queries.stateAtTime(caller, of, 0),
      ]);
      return (await Promise.all(all.map(rejectionOf))).map((error) => String(error).replace(streamNameOf(of), 'it'));
    };
    expect(await errorsOf(key)).toEqual(Array(10).fill("StreamNotFoundError: Stream 'it' does not exist"));
    expect(await errorsOf(missing)).toEqual(await errorsOf(key));
    await replica.streams.delete(requestFor(key));
    expect(await errorsOf(missing)).toEqual(await errorsOf(key));
  });
});

describe('the streams of a user', () => {
  const replicas = useReplicas();
  let replica: Replica;
  let userId: string;
  const names = (streams: readonly { readonly name: string }[]): string[] =>
    streams.map(({ name }) => name.replace(`user-${userId}-`, ''));
  const list = async (who: string, filter: StreamFilter = {}, limit = 100, after?: string): Promise<string[]> => {
    const caller = who === 'anonymous' ? ANONYMOUS : callerOf(who);
    return names((await replica.queries.list(caller, userId, filter, limit, after)).streams);
  };

  beforeEach(async () => {
    replica = await replicas.open();
    ({ userId } = newKey());
    const create = (
      type: UserStreamKey['type'],
      category: string,
      more: Parameters<typeof initialMetadataOf>[1] = {},
    ): Promise<unknown> => {
      const key = newKey({ userId, type, category });
      return replica.streams.create(requestFor(key), initialMetadataOf(key, more), { n: 1 });
    };
    await create('profile', 'default', { isPublic: true, tags: ['me'] });
    await create('loans', 'car', { tags: ['money', 'me'] });
    await create('loans', 'house', { tags: ['money'], isPublic: true });
    await create('loans', 'default');
    await create('offers', 'shared', { permissions: { ...ownedBy(userId), read: [userId, 'bob'] } });
    await create('activity', 'old', { tags: ['me'] });
    await replica.streams.delete(requestFor(newKey({ userId, type: 'activity', category: 'old' })));
    // Other users whose ids share a prefix.
    for (const other of [`${userId}x`, `${userId}-y`])
      await replica.streams.replace(requestFor(newKey({ userId: other })), [{ data: {} }]);
  });

  it('are listed by type and category: all to the user, to others those that they may read', async () => {
    expect(await list(userId)).toEqual(['loans-car', 'loans', 'loans-house', 'offers-shared', 'profile']);
    expect(await list('bob')).toEqual(['loans-house', 'offers-shared', 'profile']);
    expect(await list('carol')).toEqual(['loans-house', 'profile']);
    expect(await list('anonymous')).toEqual(['loans-house', 'profile']);
  });

  it.each([
    [{ type: 'loans' }, ['loans-car', 'loans', 'loans-house']],
    [{ category: 'default' }, ['loans', 'profile']],
    [{ tag: 'me' }, ['loans-car', 'profile']],
    [{ tag: 'm' }, []],
    [{ tag: 'public' }, ['loans-house', 'profile']],
    [{ tag: 'default' }, ['loans', 'profile']],
    [{ tag: 'user', type: 'loans' }, ['loans-car', 'loans', 'loans-house']],
    [{ visibility: 'public' }, ['loans-house', 'profile']],
    [{ visibility: 'private' }, ['loans-car', 'loans', 'offers-shared']],
    [{ type: 'loans', tag: 'money', visibility: 'public' }, ['loans-house']],
    [{ status: 'deleted' }, ['activity-old']],
    [{ status: 'deleted', type: 'loans' }, []],
  ] as const)('filters by %p', async (filter, expected) => {
    expect(await list(userId, filter)).toEqual(expected);
  });

  it('include deleted ones only for callers who may restore them', async () => {
    for (const who of ['bob', 'anonymous']) expect(await list(who, { status: 'deleted' })).toEqual([]);
    expect(
      names((await replica.queries.list(callerOf('root', 'admin'), userId, { status: 'deleted' }, 10)).streams),
    ).toEqual(['activity-old']);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'are the same in pages of %d, each starting where the one before ended',
    async (limit) => {
      for (const who of [userId, 'bob', 'anonymous']) {
        const whole = await list(who);
        const pages: string[][] = [];
        let after: string | undefined;
        do {
          const { streams, nextAfter } = await replica.queries.list(
            who === 'anonymous' ? ANONYMOUS : callerOf(who),
            userId,
            {},
            limit,
            after,
          );
          pages.push(names(streams));
          after = nextAfter;
        } while (after !== undefined);
        expect(pages.flat()).toEqual(whole);
        expect(pages).toHaveLength(Math.ceil(whole.length / limit));
      }
    },
  );

  it('continue after a stream that no longer exists; a cursor of another user is rejected', async () => {
    expect(await list(userId, {}, 2, `user-${userId}-loans-d`)).toEqual(['loans', 'loans-house']);
    for (const after of ['user-bob-profile', 'nonsense', 'system-audit-1', `user-${userId}x-profile`])
      await expect(list(userId, {}, 2, after)).rejects.toThrow(ValidationError);
  });

  it('are found without reading those that the caller may not read, and in the list of the moment', async () => {
    const loans = (category: string): UserStreamKey => newKey({ userId, type: 'loans', category });
    const keys = Array.from({ length: 30 }, (_, n) => loans(`private-${n}`));
    for (const key of keys) await replica.streams.replace(requestFor(key), [{ data: {} }]);
    const before = await list('bob');
    const [rows, scans] = [jest.spyOn(replica.table, 'stream'), jest.spyOn(replica.table, 'streamsOf')];
    expect(await list('bob')).toEqual(before);
    expect(await list('bob', { status: 'deleted' })).toEqual([]);
    // Twice, if the tables cannot be shown to be fresh.
    expect(rows.mock.calls.length).toBeLessThanOrEqual(2 * before.length);
    expect(scans).not.toHaveBeenCalled();

    const shared = loans('private-7');
    const owner = callerOf(userId);
    const change = (permissions: Partial<StreamPermissions>): Promise<unknown> =>
      replica.metadata.change(owner, shared, { permissions }, undefined);
    await change({ read: [userId, 'bob', '*'], admin: [userId, 'bob'] });
    expect(await list('bob')).toEqual([...before, 'loans-private-7'].sort());
    await replica.streams.replace(requestFor(shared), [{ data: { n: 2 } }]);
    expect(await list('bob')).toEqual([...before, 'loans-private-7'].sort());
    await replica.streams.delete(requestFor(shared));
    expect(await list('bob')).toEqual(before);
    expect(await list('bob', { status: 'deleted' })).toEqual(['loans-private-7']);
    await replica.streams.restore(requestFor(shared));
    expect(await list('bob', { status: 'deleted' })).toEqual([]);
    await change({ read: [userId] });
    expect(await list('bob')).toEqual(before);
  });

  it('report access by the admin role once, with the names of that page', async () => {
    await replica.queries.list(callerOf('root', 'admin'), userId, {}, 3);
    expect(replica.overrides).toEqual([
      {
        callerId: 'root',
        role: 'admin',
        right: 'read',
        streamNames: [`user-${userId}-loans-car`, `user-${userId}-loans`],
      },
    ]);
  });

  it('are none for a user without streams, and for an invalid user id', async () => {
    for (const other of [newKey().userId, '', '__proto__', 'a/b'])
      expect(await replica.queries.list(callerOf('root', 'admin'), other, {}, 10)).toEqual({
        streams: [],
        nextAfter: undefined,
      });
  });
});
