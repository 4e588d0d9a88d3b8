import { randomUUID } from 'node:crypto';
import { sleep, until } from '../support/eventually.js';
import {
  ConnectionError,
  type EventStore,
  ownedBy,
  StreamAlreadyExistsError,
  TimeoutError,
} from '../../src/event-store/domain/index.js';
import {
  initialMetadataOf,
  decideCreate,
  streamNameOf,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import {
  atRevision,
  callerOf,
  caughtUp,
  dataOf,
  newKey,
  rejectionOf,
  type Replica,
  readerOf,
  requestFor,
  useReplica,
  useReplicas,
} from '../support/replica.js';

describe('a replica whose read model lags behind', () => {
  const replicas = useReplicas();
  let store: EventStore;
  let fast: Replica;
  let slow: Replica;
  let key: UserStreamKey;
  beforeAll(() => ({ store } = replicas));
  beforeEach(async () => {
    [fast, slow] = [await replicas.open(), await replicas.open()];
    key = newKey();
    await fast.streams.replace(requestFor(key), [{ data: { n: 0 } }]);
    await caughtUp(slow, store, key);
    slow.delay.begin();
  });
  /** The outcome of a write on the slow replica, which receives other events only 200 ms after its start. */
  const meanwhile = async <Outcome>(write: Promise<Outcome>): Promise<Outcome> => {
    write.catch(() => undefined);
    await sleep(200);
    slow.delay.end();
    return write;
  };

  it('applies no change to outdated data', async () => {
    await fast.streams.change(requestFor(key), { n: 1, by: 'fast' });
    expect(slow.table.stream(key)?.revision).toBe(1);
    expect(await meanwhile(slow.streams.change(requestFor(key), { m: 1 }))).toMatchObject({ revision: 3 });
    expect(dataOf(slow, key)).toEqual({ n: 1, by: 'fast', m: 1 });
  });

  it('writes nothing to a stream whose deletion it has not received', async () => {
    await fast.streams.delete(requestFor(key));
    expect(await rejectionOf(meanwhile(slow.streams.replace(requestFor(key), [{ data: { n: 1 } }])))).toMatchObject({
      type: 'stream-deleted',
    });
    expect((await store.readStream(streamNameOf(key))).at(-1)?.type).toBe('StreamDeleted');
  });

  it('does not create a stream that exists already', async () => {
    const other = newKey();
    await fast.streams.replace(requestFor(other), [{ data: { n: 1 } }]);
    expect(
      await rejectionOf(
        meanwhile(slow.streams.create(requestFor(other), initialMetadataOf(other, { isPublic: true }), { n: 2 })),
      ),
    ).toBeInstanceOf(StreamAlreadyExistsError);
    expect((await store.getStreamMetadata(streamNameOf(other))).metadata.permissions).toEqual(ownedBy(other.userId));
  });

  it('waits for a revision that the caller expects', async () => {
    await fast.streams.replace(requestFor(key), [{ data: { n: 1 } }]);
    expect(await meanwhile(slow.streams.change(requestFor(key, atRevision(2)), { m: 1 }))).toMatchObject({
      revision: 3,
    });
    expect(dataOf(slow, key)).toEqual({ n: 1, m: 1 });
  });

  it('waits for a stream that the caller expects to exist', async () => {
    const other = newKey();
    await fast.streams.replace(requestFor(other), [{ data: { n: 1 } }]);
    expect(
      await meanwhile(
        slow.streams.replace(requestFor(other, { precondition: { kind: 'exists' } }), [{ data: { n: 2 } }]),
      ),
    ).toMatchObject({ revision: 2, created: false });
  });

  it('returns the revision of the store, not its own, to a caller who expects an old one', async () => {
    await fast.streams.replace(requestFor(key), [{ data: { n: 1 } }]);
    await fast.streams.replace(requestFor(key), [{ data: { n: 2 } }]);
    for (const expected of [0, 1])
      expect(await rejectionOf(slow.streams.change(requestFor(key, atRevision(expected)), { m: 1 }))).toMatchObject({
        type: 'wrong-expected-revision',
        current: 3n,
      });
    slow.delay.end();
  });

  it('does not execute again a request that the other replica has executed', async () => {
    const request = requestFor(key, { idempotencyKey: randomUUID() });
    const first = await fast.streams.replace(request, [{ data: { n: 1 } }]);
    const outcome = await meanwhile(slow.streams.replace(request, [{ data: { n: 1 } }]));
    expect(outcome).toMatchObject({ revision: first.revision, eventId: first.eventId, at: first.at });
    expect(await store.readStream(streamNameOf(key))).toHaveLength(3);
  });

  it('rejects another request with the same Idempotency-Key', async () => {
    const request = requestFor(key, { idempotencyKey: randomUUID() });
    await fast.streams.replace(request, [{ data: { n: 1 } }]);
    expect(await rejectionOf(meanwhile(slow.streams.replace(request, [{ data: { n: 2 } }])))).toMatchObject({
      type: 'validation-error',
    });
  });

  it('times out on a change, with nothing written, if its read model does not catch up in time', async () => {
    await fast.streams.change(requestFor(key), { n: 1 });
    const error = await rejectionOf(slow.streams.change(requestFor(key), { m: 1 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      streamName: streamNameOf(key),
      message: expect.stringContaining('retry in a moment') as string,
    });
    expect(await store.readStream(streamNameOf(key))).toHaveLength(3);
  });

  it('reports a completed write even if its read model does not show it in time', async () => {
    expect(await slow.streams.replace(requestFor(key), [{ data: { n: 1 } }])).toMatchObject({
      revision: 2,
      created: false,
    });
    expect(dataOf(slow, key)).toEqual({ n: 0 });
    slow.delay.end();
    await until(() => slow.table.stream(key)?.revision === 2);
    expect(dataOf(slow, key)).toEqual({ n: 1 });
  });

  it('denies access to a shared stream until it has received the permissions', async () => {
    const other = newKey();
    await fast.streams.create(
      requestFor(other),
      initialMetadataOf(other, { permissions: { ...ownedBy(other.userId), write: ['bob'] } }),
      undefined,
    );
    expect(
      await rejectionOf(slow.streams.replace(requestFor(other, { caller: callerOf('bob') }), [{ data: {} }])),
    ).toMatchObject({ type: 'permission-error' });
    slow.delay.end();
  });

  it('does not authorize metadata changes by stale permissions, and returns the written metadata', async () => {
    await fast.metadata.change(
      callerOf(key.userId),
      key,
      { permissions: { admin: ['carol'] }, description: 'Hers' },
      undefined,
    );
    expect(slow.table.stream(key)?.permissions.admin).toEqual([key.userId]);
    expect(
      await rejectionOf(
        slow.metadata.change(callerOf(key.userId), key, { permissions: { admin: [key.userId] } }, undefined),
      ),
    ).toMatchObject({ type: 'permission-error' });
    const changed = await slow.metadata.change(callerOf('carol'), key, { tags: ['new'] }, 1n);
    expect(changed).toMatchObject({
      tags: ['user', 'profile', 'default', 'private', 'new'],
      description: 'Hers',
      permissions: { ...ownedBy(key.userId), admin: ['carol'] },
      metadataRevision: 2,
    });
    expect((await store.getStreamMetadata(streamNameOf(key))).metadata).toMatchObject({
      description: 'Hers',
      metadata: { tags: ['user', 'profile', 'default', 'private', 'new'] },
      permissions: { admin: ['carol'] },
    });
  });
});

describe('a replica that has not caught up', () => {
  const { open } = useReplicas();

  it('rejects every query and write with ConnectionError until it has caught up', async () => {
    const key = newKey();
    await (await open()).streams.replace(requestFor(key), [{ data: {} }]);
    const late = await open({ isDelayed: true });
    const caller = callerOf(key.userId);
    const requests: readonly (() => unknown)[] = [
      () => late.queries.state(caller, key),
      () => late.queries.list(caller, key.userId, {}, 10),
      () => late.feed.follow(caller, readerOf(caller), key, undefined, new AbortController().signal),
      () => late.streams.replace(requestFor(key), [{ data: {} }]),
      () => late.metadata.change(caller, key, {}, undefined),
    ];
    for (const request of requests)
      expect(await rejectionOf(Promise.resolve().then(request))).toBeInstanceOf(ConnectionError);
    late.delay.end();
    await until(() => late.table.isCaughtUp);
    expect(await late.queries.state(caller, key)).toMatchObject({ revision: 1 });
  });
});

describe('a stream whose writer died between its events and its metadata', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  const { open } = useReplica((prepared) => ({ store, replica, key } = prepared));
  const createWithoutMetadata = async (isPublic: boolean): Promise<void> => {
    const context = { key, stream: undefined, now: new Date().toISOString(), by: key.userId };
    const { events } = decideCreate(context, initialMetadataOf(key, { isPublic, description: 'Half', tags: ['x'] }), {
      data: { n: 1 },
      eventId: `evt_1_${randomUUID().replaceAll('-', '')}`,
    });
    await store.appendToStream(streamNameOf(key), events, { expectedRevision: 'no_stream' });
    await caughtUp(replica, store, key);
  };

  it('is private until its metadata are written, unless it was created as public', async () => {
    await createWithoutMetadata(false);
    expect(replica.table.stream(key)).toMatchObject({
      permissions: ownedBy(key.userId),
      tags: ['user', 'profile', 'default', 'private', 'x'],
      description: 'Half',
    });
    expect(replica.table.stream(key)).not.toHaveProperty('metadataRevision');
    await expect(replica.queries.state(callerOf('bob'), key)).rejects.toThrow('does not exist');
    expect((await replica.queries.state(callerOf(key.userId), key)).data?.json).toBe('{"n":1}');
  });

  it.each([
    ['replaces its data', () => replica.streams.replace(requestFor(key), [{ data: { n: 2 } }])],
    ['changes its data', () => replica.streams.change(requestFor(key), { n: 2 })],
    [
      'writes to it among others',
      () =>
        replica.streams.replaceAll(
          [key, newKey({ userId: key.userId, type: 'loans' })].map((each) => ({
            request: requestFor(each),
            data: [{ data: { n: 2 } }],
          })),
        ),
    ],
    ['deletes it', () => replica.streams.delete(requestFor(key))],
    ['changes its metadata', () => replica.metadata.change(callerOf(key.userId), key, {}, undefined)],
  ])('gets its metadata from a caller who %s', async (_, write) => {
    await createWithoutMetadata(true);
    await write();
    await caughtUp(replica, store, key);
    const permissions = { ...ownedBy(key.userId), read: ['*'] };
    expect((await store.getStreamMetadata(streamNameOf(key))).metadata).toMatchObject({
      name: streamNameOf(key),
      description: 'Half',
      permissions,
      acl: { $r: ['$all'] },
      metadata: { owner: key.userId, tags: ['user', 'profile', 'default', 'public', 'x'] },
    });
    expect(replica.table.stream(key)).toMatchObject({ metadataRevision: 0, permissions });
  });

  it('gets its metadata from a retry of the same request with its Idempotency-Key', async () => {
    let dies = true;
    const dying = await open({
      wrapStore: (whole) =>
        new Proxy(whole, {
          get: (target, member) => {
            const value: unknown = Reflect.get(target, member, target);
            // As version 0.1.0 did, which wrote the metadata last.
            if (member === 'beginStream' && dies) return () => Promise.resolve('no_stream');
            if (member === 'appendToStream' && dies)
              return async (...args: Parameters<EventStore['appendToStream']>) => {
                await target.appendToStream(...args);
                throw new ConnectionError('gone');
              };
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    });
    const request = requestFor(key, { idempotencyKey: randomUUID() });
    const initial = initialMetadataOf(key, { description: 'Half' });
    expect(await rejectionOf(dying.streams.create(request, initial, { n: 1 }))).toBeInstanceOf(ConnectionError);
    expect((await store.getStreamMetadata(streamNameOf(key))).revision).toBe('no_stream');
    dies = false;
    expect(await dying.streams.create(request, initial, { n: 1 })).toMatchObject({
      created: true,
      replayed: true,
      revision: 1,
    });
    expect((await store.getStreamMetadata(streamNameOf(key))).metadata).toMatchObject({
      description: 'Half',
      permissions: ownedBy(key.userId),
    });
    expect(await store.readStream(streamNameOf(key))).toHaveLength(2);
  });
});
