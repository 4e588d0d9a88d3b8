import fc from 'fast-check';
import {
  type EventDefinition,
  EventRegistry,
  ownedBy,
  type RecordedEvent,
  StreamCreated,
  StreamDeleted,
  type StreamMetadata,
  StreamRestored,
} from '../../event-store/domain/index.js';
import { evolve, evolveMetadata, initialStream, isDataEvent, type UserStream, visibilityOf } from './user-stream.js';
import { UserDataUpdated } from './user-data-updated.js';

const NAME = 'user-alice-profile';
const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const registry = new EventRegistry();
for (const definition of [StreamCreated, StreamDeleted, StreamRestored, UserDataUpdated] as EventDefinition[])
  registry.register(definition);

const recorded = (type: string, revision: number, data: unknown, at = NOON + revision): RecordedEvent => ({
  type,
  ...registry.decode(type, data, 1),
  metadata: {},
  timestamp: new Date(at).toISOString(),
  eventId: `evt_1_${'a'.repeat(8)}`,
  streamName: NAME,
  revision: BigInt(revision),
  position: undefined,
  created: at,
});
const shared = { read: ['*', 'alice'], write: ['alice'], admin: ['alice'] };
const created = (revision: number, more: object = { permissions: shared }, at?: number): RecordedEvent =>
  recorded(
    'StreamCreated',
    revision,
    {
      streamName: NAME,
      description: 'Mine',
      tags: ['x'],
      owner: 'alice',
      createdAt: new Date(at ?? NOON).toISOString(),
      data: null,
      ...more,
    },
    at,
  );
const updated = (revision: number, at?: number): RecordedEvent =>
  recorded(
    'UserDataUpdated',
    revision,
    {
      userId: 'alice',
      type: 'profile',
      category: 'default',
      data: { n: revision },
      isPublic: false,
      timestamp: new Date(NOON).toISOString(),
      eventId: 'evt_1_aaaaaaaa',
    },
    at,
  );
const deleted = (revision: number, at?: number): RecordedEvent =>
  recorded('StreamDeleted', revision, { streamName: NAME, deletedBy: 'alice' }, at);
const restored = (revision: number, at?: number): RecordedEvent =>
  recorded('StreamRestored', revision, { streamName: NAME, restoredBy: 'alice' }, at);

/** State after the events, each with one byte of data. */
const after = (...events: readonly RecordedEvent[]): UserStream => {
  const stream = events.reduce<UserStream | undefined>((before, event) => evolve(before, event, 1), undefined);
  if (!stream) throw new Error('there must be an event');
  return stream;
};
const metadata: StreamMetadata = {
  description: 'Ours',
  metadata: { createdAt: '', updatedAt: '', version: '1.0.0', tags: ['y'], owner: 'carol' },
  permissions: ownedBy('carol'),
};

describe('user stream', () => {
  it('has the metadata of its first event until metadata are written', () => {
    expect(after(created(0))).toEqual({
      name: NAME,
      description: 'Mine',
      tags: ['x'],
      owner: 'alice',
      permissions: shared,
      revision: 0,
      events: 1,
      bytes: 1,
      createdAt: NOON,
      updatedAt: NOON,
    });
    expect(visibilityOf(after(created(0)))).toBe('public');
  });

  it('is private to its owner if the first event has no permissions', () => {
    expect(after(created(0, {})).permissions).toEqual(ownedBy('alice'));
    expect(visibilityOf(after(created(0, {})))).toBe('private');
  });

  it('has the written metadata, whether written before or after the first event', () => {
    const expected = {
      description: 'Ours',
      tags: ['y'],
      owner: 'carol',
      permissions: ownedBy('carol'),
      metadataRevision: 3,
    };
    expect(evolveMetadata(after(created(0)), metadata, 3)).toMatchObject(expected);
    expect(evolve(evolveMetadata(initialStream(NAME, NOON), metadata, 3), created(0), 1)).toMatchObject({
      ...expected,
      revision: 0,
      events: 1,
    });
  });

  it('is private if its metadata have no permissions or malformed ones', () => {
    for (const permissions of [
      undefined,
      null,
      {},
      'everyone',
      { read: '*', write: [], admin: [] },
      { read: ['*'], write: [] },
    ]) {
      const { permissions: _, ...others } = metadata;
      expect(evolveMetadata(after(created(0)), { ...others, permissions } as StreamMetadata, 0).permissions).toEqual(
        ownedBy('alice'),
      );
    }
  });

  it('ignores malformed metadata of other writers', () => {
    const before = after(created(0));
    for (const malformed of [
      { description: 7 },
      { metadata: null },
      { metadata: 'text' },
      { metadata: { tags: 5 } },
      { metadata: { tags: 'vip' } },
      { metadata: { tags: [1], owner: [] } },
    ]) {
      expect(evolveMetadata(before, malformed as unknown as StreamMetadata, 1)).toMatchObject({
        description: 'Mine',
        tags: ['x'],
        owner: 'alice',
      });
    }
  });

  it('is deleted by an event, and restored unchanged by another', () => {
    const stream = after(created(0), updated(1), deleted(2));
    expect(stream).toMatchObject({ deletedAt: NOON + 2, revision: 2 });
    const again = evolve(stream, restored(3), 0);
    expect(again).not.toHaveProperty('deletedAt');
    expect(again).toEqual({ ...after(created(0), updated(1)), revision: 3, events: 4, bytes: 3, updatedAt: NOON + 3 });
  });

  it('stays deleted after other events and writes of metadata', () => {
    const stream = evolveMetadata(after(created(0), deleted(1), updated(2)), metadata, 0);
    expect(stream.deletedAt).toBe(NOON + 1);
  });

  it('has a time that never decreases, despite clock skew between writers', () => {
    expect(after(created(0), updated(1, NOON - 60_000)).updatedAt).toBe(NOON);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 }), (offsets) => {
        let stream: UserStream | undefined;
        for (const [revision, offset] of offsets.entries()) {
          const earlier: number = stream?.updatedAt ?? Number.NEGATIVE_INFINITY;
          stream = evolve(stream, updated(revision, NOON + offset), 1);
          expect(stream.updatedAt).toBe(Math.max(earlier, NOON + offset));
        }
      }),
    );
  });

  it('counts every event and its bytes, also of unregistered types and malformed ones', () => {
    const stream = after(
      created(0),
      recorded('SomethingElse', 1, 5),
      recorded('UserDataUpdated', 2, { data: 'malformed' }),
      recorded('StreamDeleted', 3, null),
    );
    expect(stream).toMatchObject({ revision: 3, events: 4, bytes: 4, description: 'Mine' });
    expect(stream).not.toHaveProperty('deletedAt');
  });

  it('is private to its user if another client created it without StreamCreated', () => {
    expect(after(updated(0))).toMatchObject({
      description: '',
      tags: [],
      owner: 'alice',
      permissions: ownedBy('alice'),
      createdAt: NOON,
    });
  });

  it('accepts a first event that is not at revision 0, as after a soft delete in KurrentDB', () => {
    expect(after(created(7), updated(8))).toMatchObject({ revision: 8, events: 2 });
  });

  it('has the same state for every order of events and metadata', () => {
    const events = [created(0), updated(1), deleted(2), restored(3)];
    fc.assert(
      fc.property(fc.nat({ max: 4 }), (place) => {
        const stream = events.reduce<UserStream | undefined>((before, event, index) => {
          const found = index === place ? evolveMetadata(before ?? initialStream(NAME, NOON), metadata, 0) : before;
          return evolve(found, event, 1);
        }, undefined);
        const complete = place === 4 && stream ? evolveMetadata(stream, metadata, 0) : stream;
        expect(complete).toEqual(evolveMetadata(after(...events), metadata, 0));
      }),
    );
  });

  it('does not mutate its arguments', () => {
    const stream = Object.freeze(after(created(0)));
    expect(() => evolve(evolveMetadata(evolve(stream, deleted(1), 0), metadata, 0), restored(2), 0)).not.toThrow();
  });
});

describe('data event', () => {
  it('is a decodable event of the type', () => {
    expect(isDataEvent(updated(0))).toBe(true);
    expect(isDataEvent(created(0))).toBe(false);
    expect(isDataEvent(recorded('UserDataUpdated', 0, { data: [] }))).toBe(false);
  });

  const valid = {
    userId: 'alice',
    type: 'profile',
    category: 'default',
    data: {},
    isPublic: true,
    timestamp: '2026-01-01T12:00:00.000Z',
    eventId: 'evt_1_aaaaaaaa',
  };
  it.each([
    { userId: 1 },
    { type: 'toString' },
    { category: null },
    { data: null },
    { data: [] },
    { data: 'text' },
    { isPublic: 1 },
    { timestamp: 'noon' },
    { eventId: undefined },
  ])('is malformed with %p', (invalid) => {
    expect(registry.decode('UserDataUpdated', { ...valid, ...invalid }, 1)).toMatchObject({
      problem: { reason: 'malformed' },
    });
  });

  it('is decoded without unknown members', () => {
    expect(registry.decode('UserDataUpdated', { ...valid, more: 1 }, 1)).toEqual({ data: valid });
  });

  it.each([{ createdAt: 'noon' }, { tags: 'x' }, { tags: [1] }, { permissions: { read: '*' } }, { owner: null }])(
    'rejects StreamCreated with %p',
    (invalid) => {
      expect(created(0, invalid)).toMatchObject({ problem: { reason: 'malformed' } });
    },
  );
});
