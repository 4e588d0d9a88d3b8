import { countedBytes } from '../support/stored-bytes.js';
import { binaryEvent, jsonEvent } from '@kurrent/kurrentdb-client';
import { Logger } from '@nestjs/common';
import { type EventStore, ownedBy } from '../../src/event-store/domain/index.js';
import {
  EVENT_OVERHEAD_BYTES,
  initialMetadataOf,
  streamNameOf,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import { userStreamsReadModel } from '../../src/user-streams/read-model/lmdb-user-stream-read-model.js';
import {
  callerOf,
  caughtUp,
  dataOf,
  newKey,
  rejectionOf,
  type Replica,
  requestFor,
  useReplica,
} from '../support/replica.js';

describe('the read model of user streams', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  let name: string;
  const replicas = useReplica((prepared) => ({ store, replica, key, name } = prepared));
  // The read model logs a warning for each malformed event.
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  const owner = (): ReturnType<typeof callerOf> => callerOf(key.userId);
  const replace = (n: number, more: Parameters<typeof requestFor>[1] = {}): ReturnType<Replica['streams']['replace']> =>
    replica.streams.replace(requestFor(key, more), [{ data: { n } }]);
  const tablesOf = ({ model }: Replica): Record<string, unknown> =>
    Object.fromEntries(
      userStreamsReadModel.tables.map((table) => [
        table,
        [...model.table<unknown, string>(table).getRange()].map(({ key: row, value }) => ({ row, value })),
      ]),
    );
  const softDelete = async (): Promise<void> => {
    await replicas.clients.client.deleteStream(name);
    await caughtUp(replica, store, key);
  };

  it('has the same rows after a restart on a store that was replaced, without changes ahead of them', async () => {
    await replace(1);
    await caughtUp(replica, store, key);
    const before = tablesOf(replica);
    replica.table.applyAhead(name, { deletion: { revision: 99, at: Date.now(), isDeleted: true } });
    expect(replica.table.stream(key)?.deletedAt).toBeDefined();
    const restarted = replica.model.restart();
    expect(replica.table.isCaughtUp).toBe(false);
    await restarted;
    expect(replica.table.isCaughtUp).toBe(true);
    expect(tablesOf(replica)).toEqual(before);
    expect(replica.table.stream(key)?.deletedAt).toBeUndefined();
    expect((await replace(2)).revision).toBe(2);
  });

  it('has the same rows when built from scratch as when it followed the streams', async () => {
    const others = Array.from({ length: 6 }, (_, n) =>
      newKey({ userId: n % 2 === 0 ? key.userId : `${key.userId}-${n}`, type: 'loans', category: `c${n}` }),
    );
    await Promise.all(
      others.map((each, n) =>
        replica.streams.create(
          requestFor(each, { idempotencyKey: `k${n}` }),
          initialMetadataOf(each, { isPublic: n % 2 === 0, tags: ['x'] }),
          { n },
        ),
      ),
    );
    await Promise.all(
      others.flatMap((each, n) =>
        [1, 2, 3].map((m) =>
          replica.streams.change(requestFor(each, { idempotencyKey: `k${n}-${m}` }), { [`m${m}`]: m }),
        ),
      ),
    );
    await replica.streams.replaceAll(
      others
        .filter(({ userId }) => userId === key.userId)
        .map((each) => ({
          request: requestFor(each, { idempotencyKey: 'together' }),
          data: [{ data: { together: true } }],
        })),
    );
    await Promise.all(others.slice(2, 4).map((each) => replica.streams.delete(requestFor(each))));
    await replica.streams.restore(requestFor(others[2] ?? key));
    await replica.metadata.change(
      callerOf((others[4] ?? key).userId),
      others[4] ?? key,
      { visibility: 'private', tags: ['y'] },
      undefined,
    );
    await store.appendToStream(streamNameOf(others[5] ?? key), [
      { type: 'SomethingElse', data: 1, timestamp: '1999-01-01T00:00:00.000Z' },
      { type: 'UserDataUpdated', data: 'malformed' },
    ]);
    await replace(1, { idempotencyKey: 'k' });
    await softDelete();
    await replace(2, { idempotencyKey: 'l' });
    await replica.streams.replace(requestFor(newKey()), [{ data: {} }]);
    const doomed = newKey();
    await replica.streams.replace(requestFor(doomed), [{ data: { n: 1 } }]);
    await replicas.clients.client.tombstoneStream(streamNameOf(doomed));
    const rebuilt = await replicas.open();
    await caughtUp(replica, store, key);
    await caughtUp(rebuilt, store, key);
    const rows = tablesOf(replica);
    expect(Object.values(rows).every((table) => Array.isArray(table) && table.length > 5)).toBe(true);
    expect(tablesOf(rebuilt)).toEqual(rows);
  });

  describe('after writes of other applications', () => {
    it.each([
      [
        'binary data',
        () => replicas.clients.client.appendToStream(name, binaryEvent({ type: 'Bytes', data: Buffer.from([0, 255]) })),
      ],
      ['no metadata', () => replicas.clients.client.appendToStream(name, jsonEvent({ type: 'Odd', data: { a: 1 } }))],
      [
        'an invalid timestamp',
        () =>
          replicas.clients.client.appendToStream(
            name,
            jsonEvent({
              type: 'Odd',
              data: {},
              metadata: { timestamp: 'yesterday', eventId: 'x', schemaVersion: '1' },
            }),
          ),
      ],
      ['malformed data', () => store.appendToStream(name, { type: 'UserDataUpdated', data: { data: 'no object' } })],
      [
        'a malformed first event',
        () =>
          store.appendToStream(name, {
            type: 'StreamCreated',
            data: { streamName: name, description: '', tags: [], owner: 'bob', createdAt: 'long ago' },
          }),
      ],
      [
        'an invalid Idempotency-Key',
        () =>
          store.appendToStream(name, {
            type: 'Odd',
            data: {},
            metadata: { requestKey: 'x'.repeat(5_000), fingerprint: 'y' },
          }),
      ],
    ])('%s: the stream reads as before and can be written to', async (_, write) => {
      await replace(1);
      await write();
      await caughtUp(replica, store, key);
      expect(replica.table.stream(key)).toMatchObject({
        revision: 2,
        events: 3,
        owner: key.userId,
        permissions: ownedBy(key.userId),
      });
      expect(replica.table.stream(key)?.updatedAt).toBeGreaterThan(Date.now() - 60_000);
      expect(dataOf(replica, key)).toEqual({ n: 1 });
      expect(await replica.streams.change(requestFor(key), { m: 2 })).toMatchObject({ revision: 3 });
      expect(await replica.metadata.change(owner(), key, { description: 'Fine' }, undefined)).toMatchObject({
        description: 'Fine',
      });
      expect((await replica.queries.stateAtRevision(owner(), key, 2n)).data?.json).toBe('{"n":1}');
    });

    it('treats a stream without StreamCreated as private, and writable', async () => {
      await replicas.clients.client.appendToStream(name, jsonEvent({ type: 'Odd', data: {} }));
      await caughtUp(replica, store, key);
      expect(replica.table.stream(key)).toMatchObject({ revision: 0, permissions: ownedBy(key.userId) });
      await expect(replica.queries.state(callerOf('bob'), key)).rejects.toThrow('does not exist');
      expect(await replace(1)).toMatchObject({ revision: 1, created: false });
      expect((await store.getStreamMetadata(name)).metadata.permissions).toEqual(ownedBy(key.userId));
    });

    it.each([
      ['a user whose name is too long', `user-${'x'.repeat(3_000)}-profile`],
      ['a role', 'user-admin-profile'],
      ['an invalid user id', 'user-a/b-profile'],
      ['another spelling of a stream', 'user-alice-profile-default'],
      ['an unknown type', 'user-alice-letters'],
      ['an empty user id', 'user-'],
    ])('ignores a stream with a name of %s and continues', async (_, odd) => {
      await replicas.clients.client.appendToStream(odd, jsonEvent({ type: 'Odd', data: {} }));
      await replicas.clients.client.setStreamMetadata(odd, { description: 'Odd' });
      await replace(1);
      expect(replica.table.isCaughtUp).toBe(true);
      const names = [...replica.model.table<{ readonly name: string }, string>('streams').getRange()].map(
        ({ value }) => value.name,
      );
      expect(names).toContain(name);
      expect(names).not.toContain(odd);
    });

    it('treats metadata from before the first event, or malformed ones, as private, and replaces them', async () => {
      await replicas.clients.client.setStreamMetadata(name, { maxCount: 7 });
      await caughtUp(replica, store, key);
      expect(replica.table.stream(key)).toBeUndefined();
      expect([...replica.table.streamsOf(key.userId)]).toEqual([]);
      await replica.streams.create(requestFor(key), initialMetadataOf(key, { isPublic: true, description: 'Ours' }), {
        n: 1,
      });
      expect(replica.table.stream(key)).toMatchObject({
        description: 'Ours',
        permissions: { read: ['*'] },
      });
      expect((await store.getStreamMetadata(name)).metadata).toMatchObject({ description: 'Ours' });
      // A limit of another application would hide events to come.
      expect((await store.getStreamMetadata(name)).metadata).not.toHaveProperty('maxCount');
      await replicas.clients.client.appendToStream(
        `$$${name}`,
        binaryEvent({ type: '$metadata', data: Buffer.from('{') }),
      );
      await caughtUp(replica, store, key);
      expect(replica.table.stream(key)?.permissions).toEqual(ownedBy(key.userId));
    });
  });

  describe("after KurrentDB's own delete", () => {
    it('removes a stream and its usage', async () => {
      await replica.streams.create(requestFor(key), initialMetadataOf(key, { isPublic: true }), { n: 1 });
      await softDelete();
      expect(replica.table.stream(key)).toBeUndefined();
      expect(dataOf(replica, key)).toBeUndefined();
      expect(replica.table.revisionAt(key, Date.now())).toBeUndefined();
      expect(replica.table.usage(key.userId)).toEqual({ streams: 0, bytes: 0 });
      expect([...replica.table.streamsOf(key.userId)]).toEqual([]);
      await expect(replica.queries.state(owner(), key)).rejects.toThrow('does not exist');
      expect(await rejectionOf(replica.streams.change(requestFor(key), {}))).toMatchObject({
        type: 'stream-not-found',
      });
    });

    it('leaves other streams of the user alone', async () => {
      const other = newKey({ userId: key.userId, category: 'other' });
      await replica.streams.replace(requestFor(other), [{ data: { n: 1 } }]);
      await replace(1);
      await softDelete();
      expect(await replica.queries.state(owner(), other)).toMatchObject({ revision: 1 });
      expect(replica.table.revisionAt(other, Date.now())).toBe(1);
      expect(replica.table.usage(key.userId)).toEqual({ streams: 1, bytes: await countedBytes(store, other) });
    });

    it('recreates the stream as private with continuing revisions and without its earlier data', async () => {
      await replica.streams.create(requestFor(key), initialMetadataOf(key, { isPublic: true, tags: ['old'] }), {
        n: 1,
      });
      await softDelete();
      expect(await replace(2)).toMatchObject({ revision: 3, created: true });
      expect(replica.table.stream(key)).toMatchObject({
        revision: 3,
        events: 2,
        tags: ['user', 'profile', 'default', 'private'],
        permissions: ownedBy(key.userId),
      });
      // The two events that can be read, and the metadata that were written since.
      const { bytes } = replica.table.usage(key.userId);
      expect(replica.table.usage(key.userId)).toEqual({ streams: 1, bytes: replica.table.stream(key)?.bytes });
      expect(bytes).toBeGreaterThan(3 * EVENT_OVERHEAD_BYTES);
      expect(bytes).toBeLessThan(await countedBytes(store, key));
      expect((await store.getStreamMetadata(name)).metadata.permissions).toEqual(ownedBy(key.userId));
      await expect(replica.queries.state(callerOf('bob'), key)).rejects.toThrow('does not exist');
      expect(await replica.streams.change(requestFor(key), { m: 1 })).toMatchObject({ revision: 4 });
      expect(dataOf(replica, key)).toEqual({ n: 2, m: 1 });
      expect((await replica.queries.stateAtRevision(owner(), key, 0n)).data).toBeUndefined();
      expect(await replica.metadata.change(owner(), key, { visibility: 'public' }, undefined)).toMatchObject({
        permissions: { read: ['*'] },
      });
      expect((await store.readStream(name)).map(({ revision }) => revision)).toEqual([2n, 3n, 4n]);
    });

    it('rejects writes to a tombstoned stream with StreamDeletedError', async () => {
      await replace(1);
      await replicas.clients.client.tombstoneStream(name);
      await caughtUp(replica, store, key);
      expect(replica.table.stream(key)).toBeUndefined();
      expect(replica.table.usage(key.userId)).toEqual({ streams: 0, bytes: 0 });
      expect(await rejectionOf(replace(2))).toMatchObject({ type: 'stream-deleted', streamName: name });
      expect(
        await rejectionOf(
          replica.streams.replaceAll(
            [key, newKey({ userId: key.userId, type: 'offers' })].map((each) => ({
              request: requestFor(each),
              data: [{ data: {} }],
            })),
          ),
        ),
      ).toMatchObject({ type: 'stream-deleted', streamName: name });
      expect(replica.table.isCaughtUp).toBe(true);
    });
  });
});
