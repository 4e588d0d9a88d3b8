import { type KurrentDBClient } from '@kurrent/kurrentdb-client';
import {
  type StreamCreated,
  StreamDeletedError,
  StreamNotFoundError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { greeted, newStream, useStore } from '../support/connected-store.js';

describe('KurrentDBService', () => {
  const connected = useStore();
  let store: KurrentDBService;
  let client: KurrentDBClient;
  beforeAll(() => {
    ({ store } = connected);
    ({ client } = connected.clients);
  });

  describe('createStream', () => {
    it('appends StreamCreated and writes the metadata; a repetition has no effect and reports it', async () => {
      const name = newStream();
      const stream = {
        name,
        description: 'A stream',
        data: { a: 1 },
        tags: ['x'],
        owner: 'system',
        permissions: { read: ['*'], write: ['system'], admin: ['system'] },
        maxAge: 3_600,
      };
      expect(await store.createStream(stream)).toEqual({ streamName: name, created: true });
      const afterFirst = await store.getStreamMetadata(name);
      expect(await store.createStream({ ...stream, description: 'Changed' })).toEqual({
        streamName: name,
        created: false,
      });

      const events = await store.readStream(name);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        type: 'StreamCreated',
        data: { streamName: name, description: 'A stream', tags: ['x'], owner: 'system', data: { a: 1 } },
      });
      expect(await store.getStreamMetadata(name)).toEqual(afterFirst);
      const createdAt = (events[0]?.data as StreamCreated).createdAt;
      expect(afterFirst).toEqual({
        revision: 0n,
        metadata: {
          name,
          description: 'A stream',
          data: { a: 1 },
          maxAge: 3_600,
          status: 'active',
          permissions: stream.permissions,
          metadata: {
            createdAt,
            updatedAt: createdAt,
            version: 1,
            schemaVersion: '1.0.0',
            tags: ['x'],
            owner: 'system',
          },
          acl: { $r: ['$all'], $w: ['$admins'], $d: ['$admins'], $mr: ['$all'], $mw: ['$admins'] },
        },
      });
    });

    it('creates one stream for ten concurrent replicas, and exactly one gets `created: true`', async () => {
      const name = newStream();
      const results = await Promise.all(
        Array.from({ length: 10 }, () => store.createStream({ name, description: 'Raced', owner: 'system' })),
      );
      expect(results.filter(({ created }) => created)).toHaveLength(1);
      expect(await store.readStream(name)).toHaveLength(1);
      expect((await store.getStreamMetadata(name)).revision).toBe(0n);
    });

    it('completes a creation that another process left unfinished, and keeps settings made meanwhile', async () => {
      const name = newStream();
      await store.appendToStream(name, greeted('first'));
      await store.setStreamMetadata(name, { maxCount: 5, custom: 'kept' });
      expect(await store.createStream({ name, description: 'Late', owner: 'system' })).toEqual({
        streamName: name,
        created: false,
      });
      expect((await store.getStreamMetadata(name)).metadata).toMatchObject({
        maxCount: 5,
        custom: 'kept',
        description: 'Late',
        status: 'active',
      });
    });
  });

  describe('metadata', () => {
    it('are versioned: a write at an old revision is rejected', async () => {
      const name = newStream();
      expect(await store.getStreamMetadata(name)).toEqual({ metadata: {}, revision: 'no_stream' });
      const first = await store.setStreamMetadata(name, { description: 'one' }, { expectedRevision: 'no_stream' });
      expect(first).toEqual({
        streamName: `$$${name}`,
        revision: 0n,
        position: { commit: expect.any(BigInt) as bigint, prepare: expect.any(BigInt) as bigint },
      });
      await expect(
        store.setStreamMetadata(name, { description: 'two' }, { expectedRevision: 'no_stream' }),
      ).rejects.toThrow(WrongExpectedRevisionError);
      const second = await store.setStreamMetadata(name, { description: 'two' }, { expectedRevision: 0n });
      expect(second.revision).toBe(1n);
      expect(second.position?.commit).toBeGreaterThan(first.position?.commit ?? 0n);
      expect(await store.getStreamMetadata(name)).toEqual({ metadata: { description: 'two' }, revision: 1n });
    });

    it('hide events from readers with maxCount and truncateBefore', async () => {
      const name = newStream();
      await store.appendToStream(name, [greeted('0'), greeted('1'), greeted('2'), greeted('3')]);
      await store.setStreamMetadata(name, { maxCount: 2 });
      expect((await store.readStream(name)).map(({ revision }) => revision)).toEqual([2n, 3n]);
      await store.setStreamMetadata(name, { truncateBefore: 3 });
      expect((await store.readStream(name)).map(({ revision }) => revision)).toEqual([3n]);
    });

    it.each([{ maxAge: 0 }, { maxCount: 1.5 }, { truncateBefore: -1 }, { cacheControl: Number.NaN }])(
      '%p: ValidationError',
      async (metadata) => {
        await expect(store.setStreamMetadata(newStream(), metadata)).rejects.toThrow(ValidationError);
      },
    );
  });

  describe('missing streams', () => {
    it('throw StreamNotFoundError if they never existed', async () => {
      const name = newStream();
      await expect(store.readStream(name)).rejects.toEqual(new StreamNotFoundError(name));
      expect(await store.streamExists(name)).toBe(false);
      await expect(store.deleteStream(name)).rejects.toThrow(WrongExpectedRevisionError);
    });

    it('throw StreamDeletedError if deleted; an append recreates them with continuing revisions', async () => {
      const name = newStream();
      await store.appendToStream(name, [greeted('a'), greeted('b')]);
      await expect(store.deleteStream(name, { expectedRevision: 0n })).rejects.toThrow(WrongExpectedRevisionError);
      await store.deleteStream(name, { expectedRevision: 1n });
      await expect(store.readStream(name)).rejects.toThrow(StreamDeletedError);
      expect(await store.streamExists(name)).toBe(false);
      expect((await store.createStream({ name, description: 'Again', owner: 'system' })).created).toBe(true);
      expect((await store.readStream(name)).map(({ revision }) => revision)).toEqual([2n]);
    });

    it('throw StreamDeletedError if tombstoned, for writers too', async () => {
      const name = newStream();
      await store.appendToStream(name, greeted('a'));
      await client.tombstoneStream(name);
      await expect(store.readStream(name)).rejects.toThrow(StreamDeletedError);
      await expect(store.appendToStream(name, greeted('b'))).rejects.toThrow(StreamDeletedError);
    });
  });
});
