import {
  type EventStore,
  ownedBy,
  PermissionError,
  StreamDeletedError,
  type StreamMetadata,
  StreamNotFoundError,
  type StreamPermissions,
} from '../../src/event-store/domain/index.js';
import { type MetadataChange } from '../../src/user-streams/application/index.js';
import {
  initialMetadataOf,
  MAX_TAGS,
  streamNameOf,
  tagsOf,
  type UserStream,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import { callerOf, caughtUp, newKey, rejectionOf, type Replica, requestFor, useReplica } from '../support/replica.js';

const STANDARD = ['user', 'profile', 'default', 'private'];

describe('changing the metadata of a stream', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  let own: StreamPermissions;
  const replicas = useReplica((prepared) => ({ store, replica, key } = prepared));
  beforeEach(async () => {
    own = ownedBy(key.userId);
    await replica.streams.create(requestFor(key), initialMetadataOf(key, { description: 'Mine', tags: ['x'] }), {
      n: 1,
    });
  });
  const change = (wanted: MetadataChange, expected?: bigint, by = key.userId): Promise<UserStream> =>
    replica.metadata.change(callerOf(by), key, wanted, expected);
  const stored = async (): ReturnType<EventStore['getStreamMetadata']> => store.getStreamMetadata(streamNameOf(key));

  it('changes what is given and keeps the rest, for KurrentDB and for the read model', async () => {
    const before = await stored();
    expect(await change({ description: 'Ours' })).toMatchObject({
      description: 'Ours',
      tags: [...STANDARD, 'x'],
      permissions: own,
      metadataRevision: 1,
      revision: 1,
    });
    expect(await change({ tags: ['y', 'z'] })).toMatchObject({
      description: 'Ours',
      tags: [...STANDARD, 'y', 'z'],
      metadataRevision: 2,
    });
    const { metadata } = await stored();
    expect(metadata).toEqual({
      ...before.metadata,
      description: 'Ours',
      metadata: { ...before.metadata.metadata, tags: [...STANDARD, 'y', 'z'], updatedAt: metadata.metadata?.updatedAt },
    });
    expect(Date.parse(metadata.metadata?.updatedAt ?? '')).toBeGreaterThan(
      Date.parse(before.metadata.metadata?.updatedAt ?? ''),
    );
    expect(replica.table.stream(key)).toMatchObject({
      description: 'Ours',
      tags: [...STANDARD, 'y', 'z'],
      metadataRevision: 2,
    });
  });

  it('makes a stream public and private again, and keeps the other grantees', async () => {
    await change({ permissions: { read: [key.userId, 'bob'] } });
    expect((await change({ visibility: 'public' })).permissions).toEqual({ ...own, read: ['*', 'bob'] });
    expect((await stored()).metadata.acl).toMatchObject({ $r: ['$all', 'bob'] });
    expect(await replica.queries.state(callerOf('carol'), key)).toMatchObject({ revision: 1 });
    expect((await change({ visibility: 'public' })).permissions.read).toEqual(['*', 'bob']);
    expect((await change({ visibility: 'private' })).permissions).toEqual({ ...own, read: [key.userId, 'bob'] });
    expect((await stored()).metadata.acl).toMatchObject({ $r: [key.userId, 'bob'] });
    await expect(replica.queries.state(callerOf('carol'), key)).rejects.toThrow(StreamNotFoundError);
  });

  it('changes the tag of the visibility with the readers, however they change', async () => {
    const stored = async (): Promise<unknown> =>
      (await store.getStreamMetadata(streamNameOf(key))).metadata.metadata?.tags;
    const tags = (visibility: string): string[] => ['user', 'profile', 'default', visibility, 'x'];
    for (const [wanted, visibility] of [
      [{ visibility: 'public' }, 'public'],
      [{ description: 'Open' }, 'public'],
      [{ visibility: 'private' }, 'private'],
      [{ permissions: { read: ['*', 'bob'] } }, 'public'],
      [{ permissions: { read: ['bob'] } }, 'private'],
      [{ tags: ['public', 'user', 'x'] }, 'private'],
    ] as const) {
      expect((await change(wanted)).tags).toEqual(tags(visibility));
      expect(await stored()).toEqual(tags(visibility));
    }
  });

  it('replaces what version 0.1.0 has written: a whole version as a string, no standard tags', async () => {
    const { metadata, revision } = await stored();
    const { data: _, ...rest } = metadata;
    const { schemaVersion: __, ...inner } = metadata.metadata ?? {};
    const old = { ...rest, metadata: { ...inner, version: '1.0.0', tags: ['x', 'private'] } } as StreamMetadata;
    await store.setStreamMetadata(streamNameOf(key), old, { expectedRevision: revision });
    await caughtUp(replica, store, key);
    const { streams } = await replica.queries.list(callerOf(key.userId), key.userId, { tag: 'x' }, 10);
    expect(streams.map((stream) => tagsOf(stream))).toEqual([['x', 'private']]);
    await change({ visibility: 'public' });
    expect((await stored()).metadata).toMatchObject({
      data: {},
      metadata: { version: 1, schemaVersion: '1.0.0', tags: ['user', 'profile', 'default', 'public', 'x'] },
    });
  });

  it('refuses more tags than a stream may have', async () => {
    const tags = Array.from({ length: MAX_TAGS + 1 }, (_, n) => `t${n}`);
    expect(await rejectionOf(change({ tags }))).toMatchObject({ type: 'validation-error' });
    expect((await change({ tags: [...STANDARD, ...tags.slice(1)] })).tags).toEqual([...STANDARD, ...tags.slice(1)]);
  });

  it('grants access to callers whom the permissions name, and revokes it from others, at once', async () => {
    await change({ permissions: { write: [key.userId, 'bob'] } });
    const asBob = requestFor(key, { caller: callerOf('bob') });
    await replica.streams.replace(asBob, [{ data: { by: 'bob' } }]);
    await change({ permissions: { write: [key.userId] } });
    expect(await rejectionOf(replica.streams.replace(asBob, [{ data: {} }]))).toBeInstanceOf(PermissionError);
  });

  it('requires the admin right, whether the stream exists or not', async () => {
    await change({ permissions: { read: ['*'], write: [key.userId, 'bob'] } });
    for (const who of ['bob', 'carol'])
      expect(await rejectionOf(change({ description: 'Not yours' }, undefined, who))).toBeInstanceOf(PermissionError);
    const missing = newKey();
    expect(await rejectionOf(replica.metadata.change(callerOf('bob'), missing, {}, undefined))).toBeInstanceOf(
      PermissionError,
    );
    expect(await rejectionOf(replica.metadata.change(callerOf(missing.userId), missing, {}, undefined))).toBeInstanceOf(
      StreamNotFoundError,
    );
    expect((await store.getStreamMetadata(streamNameOf(missing))).revision).toBe('no_stream');
    expect(replica.overrides).toEqual([]);
    await replica.metadata.change(callerOf('root', 'admin'), key, { description: 'Tidied' }, undefined);
    expect(replica.overrides).toEqual([
      { callerId: 'root', role: 'admin', right: 'admin', streamNames: [streamNameOf(key)] },
    ]);
  });

  it('lets an owner transfer the admin right, which only its new holder can return', async () => {
    await change({ permissions: { admin: ['bob'] } });
    expect(await rejectionOf(change({ permissions: { admin: [key.userId] } }))).toBeInstanceOf(PermissionError);
    expect((await change({ permissions: { admin: ['bob', key.userId] } }, undefined, 'bob')).permissions.admin).toEqual(
      ['bob', key.userId],
    );
  });

  it('requires the metadata revision that the change was made for', async () => {
    expect(await rejectionOf(change({ description: 'a' }, 1n))).toMatchObject({
      type: 'wrong-expected-revision',
      streamName: streamNameOf(key),
      expected: 1n,
      current: 0n,
    });
    expect(await change({ description: 'a' }, 0n)).toMatchObject({ metadataRevision: 1 });
    expect(await rejectionOf(change({ description: 'b' }, 0n))).toMatchObject({ expected: 0n, current: 1n });
    // The data have a revision of their own.
    await replica.streams.replace(requestFor(key), [{ data: { n: 2 } }]);
    expect(await change({ description: 'c' }, 1n)).toMatchObject({ metadataRevision: 2, revision: 2 });
  });

  it('loses no concurrent change on two replicas; of those with an expected revision, one succeeds', async () => {
    const other = await replicas.open();
    const all = await Promise.all(
      ['bob', 'carol', 'dave', 'erin'].map((name, n) =>
        (n % 2 === 0 ? replica : other).metadata.change(callerOf(key.userId), key, { tags: [name] }, undefined),
      ),
    );
    expect(all.map(({ metadataRevision }) => metadataRevision).sort()).toEqual([1, 2, 3, 4]);
    for (const { metadataRevision, tags } of all)
      if (metadataRevision === 4) expect((await stored()).metadata.metadata?.tags).toEqual(tags);
    const outcomes = await Promise.allSettled(
      [replica, other, replica, other].map(({ metadata }, n) =>
        metadata.change(callerOf(key.userId), key, { description: String(n) }, 4n),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ type: 'wrong-expected-revision', expected: 4n, current: 5n });
  });

  it('does not change a deleted stream', async () => {
    await replica.streams.delete(requestFor(key));
    expect(await rejectionOf(change({ visibility: 'public' }))).toBeInstanceOf(StreamDeletedError);
    expect((await stored()).revision).toBe(0n);
  });

  it("keeps KurrentDB's own settings and other members, and rewrites `$acl`", async () => {
    const { metadata } = await stored();
    await store.setStreamMetadata(streamNameOf(key), {
      ...metadata,
      maxCount: 50,
      custom: { a: 1 },
      acl: { $r: ['$all'], $w: ['$all'] },
    });
    await change({ description: 'Ours' });
    expect((await stored()).metadata).toMatchObject({
      maxCount: 50,
      custom: { a: 1 },
      acl: { $r: [key.userId], $w: [key.userId], $d: [key.userId] },
    });
  });

  it('repairs malformed metadata, which deny access to all but the user until then', async () => {
    await change({ visibility: 'public' });
    await replicas.clients.client.setStreamMetadata(streamNameOf(key), {
      description: 7,
      metadata: { tags: 'vip' },
      permissions: 'everyone',
    });
    await caughtUp(replica, store, key);
    await expect(replica.queries.state(callerOf('bob'), key)).rejects.toThrow(StreamNotFoundError);
    expect((await replica.queries.list(callerOf(key.userId), key.userId, { tag: 'x' }, 10)).streams).toHaveLength(1);
    expect(await change({})).toMatchObject({ description: 'Mine', tags: [...STANDARD, 'x'], permissions: own });
    expect((await stored()).metadata).toMatchObject({
      description: 'Mine',
      metadata: { tags: [...STANDARD, 'x'], owner: key.userId },
      permissions: own,
    });
  });
});
