import { countedBytes } from '../support/stored-bytes.js';
import {
  type EventStore,
  ownedBy,
  PermissionError,
  StreamAlreadyExistsError,
  StreamDeletedError,
  StreamNotFoundError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../src/event-store/domain/index.js';
import { sha256 } from '../../src/event-store/sha256.js';
import { initialMetadataOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import { atRevision, callerOf, dataOf, rejectionOf, type Replica, requestFor, useReplica } from '../support/replica.js';

describe('writing to user streams', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  let name: string;
  const { open } = useReplica((prepared) => ({ store, replica, key, name } = prepared));
  const typesOf = async (streamName: string): Promise<string[]> =>
    (await store.readStream(streamName)).map(({ type }) => type);
  const replace = (
    data: Record<string, unknown>,
    more: Parameters<typeof requestFor>[1] = {},
  ): ReturnType<Replica['streams']['replace']> => replica.streams.replace(requestFor(key, more), [{ data }]);

  it('creates a stream with data in one write, and its metadata for KurrentDB too', async () => {
    const initial = initialMetadataOf(key, { description: 'Mine', tags: ['x'], isPublic: true });
    const outcome = await replica.streams.create(requestFor(key), initial, { n: 1 });
    expect(outcome).toMatchObject({ streamName: name, revision: 1, created: true, replayed: false, largestBytes: 7 });
    const [created, updated] = await store.readStream(name);
    expect(created).toMatchObject({
      type: 'StreamCreated',
      data: {
        description: 'Mine',
        tags: ['user', 'profile', 'default', 'public', 'x'],
        owner: key.userId,
        data: {},
        permissions: initial.permissions,
      },
    });
    expect(updated).toMatchObject({
      type: 'UserDataUpdated',
      eventId: outcome.eventId,
      data: {
        userId: key.userId,
        type: 'profile',
        category: 'default',
        data: { n: 1 },
        isPublic: true,
        eventId: outcome.eventId,
      },
    });
    expect(updated?.metadata).toEqual({
      source: 'penguin-pool-streams/user-streams',
      correlationId: 'request-1',
      actor: key.userId,
      dataSchema: 'profile@1',
      schemaVersion: 1,
    });
    const { metadata } = await store.getStreamMetadata(name);
    expect(metadata).toMatchObject({
      name,
      description: 'Mine',
      permissions: initial.permissions,
      acl: { $r: ['$all'], $w: ['$admins'], $d: ['$admins'], $mw: ['$admins'] },
      data: {},
      metadata: {
        version: 1,
        schemaVersion: '1.0.0',
        tags: ['user', 'profile', 'default', 'public', 'x'],
        owner: key.userId,
      },
    });
    // A writer reads its own write.
    expect(replica.table.stream(key)).toMatchObject({
      name,
      revision: 1,
      metadataRevision: 0,
      events: 2,
      bytes: await countedBytes(store, key),
      tags: ['user', 'profile', 'default', 'public', 'x'],
    });
    expect(dataOf(replica, key)).toEqual({ n: 1 });
  });

  it('identifies a request to create a public stream as version 0.1.0 did, with its Idempotency-Key', async () => {
    const request = requestFor(key, { idempotencyKey: 'k' });
    await replica.streams.create(request, initialMetadataOf(key, { isPublic: true, tags: ['x'] }), { n: 1 });
    const [{ metadata } = { metadata: {} }] = await store.readStream(name);
    const { userId } = key;
    const permissions = { read: ['*', userId], write: [userId], admin: [userId] };
    const initial = { description: `Stream 'default' of the profile of user '${userId}'`, tags: ['x'], permissions };
    const payload = ['none', 'create', initial, { n: 1 }];
    expect(metadata).toMatchObject({ fingerprint: sha256(JSON.stringify(payload)) });
  });

  it('creates a stream once', async () => {
    await replica.streams.create(requestFor(key), initialMetadataOf(key), undefined);
    expect(replica.table.stream(key)?.permissions).toEqual(ownedBy(key.userId));
    expect(await rejectionOf(replica.streams.create(requestFor(key), initialMetadataOf(key), { n: 1 }))).toBeInstanceOf(
      StreamAlreadyExistsError,
    );
    expect(await typesOf(name)).toEqual(['StreamCreated']);
  });

  it('replaces the data, and creates the stream if it does not exist', async () => {
    expect(await replace({ n: 1 })).toMatchObject({ created: true, revision: 1 });
    expect(await replace({ m: 2 })).toMatchObject({ created: false, revision: 2 });
    expect(dataOf(replica, key)).toEqual({ m: 2 });
    expect((await store.getStreamMetadata(name)).metadata.permissions).toEqual(ownedBy(key.userId));
  });

  it('appends several sets of data in one write', async () => {
    const outcome = await replica.streams.replace(requestFor(key), [
      { data: { n: 1 } },
      { data: { n: 2 } },
      { data: { n: 33 } },
    ]);
    expect(outcome).toMatchObject({ revision: 3, largestBytes: 8 });
    expect(await typesOf(name)).toEqual(['StreamCreated', 'UserDataUpdated', 'UserDataUpdated', 'UserDataUpdated']);
    expect(dataOf(replica, key)).toEqual({ n: 33 });
    expect(replica.table.usage(key.userId)).toEqual({ streams: 1, bytes: await countedBytes(store, key) });
  });

  it('changes the data by a merge patch', async () => {
    await replace({ a: { b: 1, c: 2 }, d: 3 });
    await replica.streams.change(requestFor(key), { a: { b: null }, e: 4 });
    expect(dataOf(replica, key)).toEqual({ a: { c: 2 }, d: 3, e: 4 });
  });

  it('changes a stream without data as one with empty data', async () => {
    await replica.streams.create(requestFor(key), initialMetadataOf(key), undefined);
    await replica.streams.change(requestFor(key), { a: 1, b: null });
    expect(dataOf(replica, key)).toEqual({ a: 1 });
  });

  it('rejects a change to a missing stream', async () => {
    expect(await rejectionOf(replica.streams.change(requestFor(key), { a: 1 }))).toBeInstanceOf(StreamNotFoundError);
    expect(await store.streamExists(name)).toBe(false);
  });

  it('soft-deletes: the stream rejects writes until it is restored with all its data', async () => {
    await replace({ n: 1 });
    expect(await replica.streams.delete(requestFor(key))).toMatchObject({
      revision: 2,
      created: false,
      largestBytes: 0,
    });
    for (const write of [
      replace({ n: 2 }),
      replica.streams.change(requestFor(key), { n: 2 }),
      replica.streams.delete(requestFor(key)),
      replica.streams.create(requestFor(key), initialMetadataOf(key), undefined),
    ]) {
      expect(await rejectionOf(write)).toBeInstanceOf(StreamDeletedError);
    }
    expect(await replica.streams.restore(requestFor(key))).toMatchObject({ revision: 3 });
    expect(dataOf(replica, key)).toEqual({ n: 1 });
    expect(await rejectionOf(replica.streams.restore(requestFor(key)))).toBeInstanceOf(StreamAlreadyExistsError);
    expect(await replace({ n: 2 })).toMatchObject({ revision: 4 });
    expect(await typesOf(name)).toEqual([
      'StreamCreated',
      'UserDataUpdated',
      'StreamDeleted',
      'StreamRestored',
      'UserDataUpdated',
    ]);
  });

  it.each([
    ['replace', (request: ReturnType<typeof requestFor>) => replica.streams.replace(request, [{ data: { n: 9 } }])],
    ['change', (request: ReturnType<typeof requestFor>) => replica.streams.change(request, { n: 9 })],
    ['delete', (request: ReturnType<typeof requestFor>) => replica.streams.delete(request)],
  ] as const)('accepts the current revision for %s, and reports it when another one is expected', async (_, write) => {
    await replace({ n: 1 });
    await replace({ n: 2 });
    for (const wrong of [0, 1, 3, 2 ** 52]) {
      expect(await rejectionOf(write(requestFor(key, atRevision(wrong))))).toMatchObject({
        type: 'wrong-expected-revision',
        streamName: name,
        expected: BigInt(wrong),
        current: 2n,
      });
    }
    expect(await write(requestFor(key, atRevision(2)))).toMatchObject({ revision: 3 });
  });

  it('restores only at the expected revision', async () => {
    await replace({ n: 1 });
    await replica.streams.delete(requestFor(key));
    expect(await rejectionOf(replica.streams.restore(requestFor(key, atRevision(1))))).toMatchObject({
      type: 'wrong-expected-revision',
      current: 2n,
    });
    expect(await replica.streams.restore(requestFor(key, atRevision(2)))).toMatchObject({ revision: 3 });
  });

  it('checks the preconditions of a missing stream', async () => {
    expect(await rejectionOf(replace({ n: 1 }, atRevision(0)))).toMatchObject({
      type: 'wrong-expected-revision',
      current: 'no_stream',
    });
    expect(await rejectionOf(replace({ n: 1 }, { precondition: { kind: 'exists' } }))).toBeInstanceOf(
      WrongExpectedRevisionError,
    );
    expect(await replace({ n: 1 }, { precondition: { kind: 'absent' } })).toMatchObject({ created: true });
    expect(await rejectionOf(replace({ n: 2 }, { precondition: { kind: 'absent' } }))).toBeInstanceOf(
      StreamAlreadyExistsError,
    );
    expect(await replace({ n: 2 }, { precondition: { kind: 'exists' } })).toMatchObject({ revision: 2 });
  });

  it('reports a revision conflict of a patch before its schema violation', async () => {
    await replace({ n: 1 });
    await replace({ n: 2 });
    expect(await rejectionOf(replica.streams.change(requestFor(key, atRevision(1)), { refused: true }))).toMatchObject({
      type: 'wrong-expected-revision',
      current: 2n,
    });
    expect(await rejectionOf(replica.streams.change(requestFor(key, atRevision(2)), { refused: true }))).toBeInstanceOf(
      ValidationError,
    );
  });

  it('stores nothing if the schema rejects the data', async () => {
    expect(
      await rejectionOf(
        replica.streams.replace(requestFor(key), [
          { data: { n: 1 }, within: 'events.0' },
          { data: { refused: 1 }, within: 'events.1' },
        ]),
      ),
    ).toMatchObject({ type: 'validation-error', message: 'events.1: refused' });
    expect(
      await rejectionOf(replica.streams.create(requestFor(key), initialMetadataOf(key), { refused: 1 })),
    ).toBeInstanceOf(ValidationError);
    expect(await store.streamExists(name)).toBe(false);
    expect(replica.table.usage(key.userId)).toEqual({ streams: 0, bytes: 0 });
  });

  it('lets no other caller write, whether the stream exists or not; the write right excludes deletion', async () => {
    const bob = callerOf('bob');
    const rejections = async (): Promise<unknown[]> =>
      Promise.all(
        [
          replace({ n: 1 }, { caller: bob }),
          replica.streams.change(requestFor(key, { caller: bob }), {}),
          replica.streams.delete(requestFor(key, { caller: bob })),
          replica.streams.restore(requestFor(key, { caller: bob })),
          replica.streams.create(requestFor(key, { caller: bob }), initialMetadataOf(key), {}),
        ].map(rejectionOf),
      );
    const missing = await rejections();
    expect(missing.every((error) => error instanceof PermissionError)).toBe(true);
    await replica.streams.create(
      requestFor(key),
      initialMetadataOf(key, { permissions: { ...ownedBy(key.userId), write: [key.userId, 'carol'] } }),
      undefined,
    );
    expect((await rejections()).map(String)).toEqual(missing.map(String));
    const carol = callerOf('carol');
    expect(await replace({ n: 1 }, { caller: carol })).toMatchObject({ revision: 1 });
    expect(await rejectionOf(replica.streams.delete(requestFor(key, { caller: carol })))).toBeInstanceOf(
      PermissionError,
    );
    expect((await store.readStream(name)).at(-1)?.metadata.actor).toBe('carol');
  });

  it('lets an admin write, and reports the override', async () => {
    await replace({ n: 1 }, { caller: callerOf('root', 'admin') });
    expect(replica.overrides).toEqual([{ callerId: 'root', role: 'admin', right: 'write', streamNames: [name] }]);
    expect(replica.table.stream(key)).toMatchObject({ owner: key.userId, permissions: ownedBy(key.userId) });
  });

  it('never lets the time of a stream go back when its clock does', async () => {
    const now = Date.now();
    const slow = await open({ clock: { now: () => now - 3_600_000, monotonic: () => performance.now() } });
    const first = await replace({ n: 1 });
    await slow.model.waitFor(
      { commit: (await store.readStream(name)).at(-1)?.position?.commit ?? 0n, prepare: 0n },
      5_000,
    );
    const second = await slow.streams.replace(requestFor(key), [{ data: { n: 2 } }]);
    expect(second.at).toBe(first.at);
    expect((await store.readStream(name)).map(({ timestamp }) => Date.parse(timestamp))).toEqual([
      first.at,
      first.at,
      first.at,
    ]);
  });
});
