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
import { evolve, evolveMetadata, foundStream, holdsData, type UserStream, visibilityOf } from './user-stream.js';
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

/** What a stream is after its events, each with one byte of data. */
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

describe('a stream of a user', () => {
  it('is what its first event says, until metadata are written', () => {
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

  it("is its owner's alone where the first event names nobody", () => {
    expect(after(created(0, {})).permissions).toEqual(ownedBy('alice'));
    expect(visibilityOf(after(created(0, {})))).toBe('private');
  });

  it('is what its metadata say once they are written, whether before the first event or after it', () => {
    const says = {
      description: 'Ours',
      tags: ['y'],
      owner: 'carol',
      permissions: ownedBy('carol'),
      metadataRevision: 3,
    };
    expect(evolveMetadata(after(created(0)), metadata, 3)).toMatchObject(says);
    expect(evolve(evolveMetadata(foundStream(NAME, NOON), metadata, 3), created(0), 1)).toMatchObject({
      ...says,
      revision: 0,
      events: 1,
    });
  });

  it('is private where its metadata say nothing of permissions, or nothing that can be understood', () => {
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

  it("keeps what it was where other writers' metadata cannot be understood", () => {
    const before = after(created(0));
    for (const nonsense of [
      { description: 7 },
      { metadata: null },
      { metadata: 'text' },
      { metadata: { tags: 5 } },
      { metadata: { tags: 'vip' } },
      { metadata: { tags: [1], owner: [] } },
    ]) {
      expect(evolveMetadata(before, nonsense as unknown as StreamMetadata, 1)).toMatchObject({
        description: 'Mine',
        tags: ['x'],
        owner: 'alice',
      });
    }
  });

  it('is deleted by an event and there again by another, with all that it was', () => {
    const stream = after(created(0), updated(1), deleted(2));
    expect(stream).toMatchObject({ deletedAt: NOON + 2, revision: 2 });
    const again = evolve(stream, restored(3), 0);
    expect(again).not.toHaveProperty('deletedAt');
    expect(again).toEqual({ ...after(created(0), updated(1)), revision: 3, events: 4, bytes: 3, updatedAt: NOON + 3 });
  });

  it('stays deleted whatever else is recorded or written about it', () => {
    const stream = evolveMetadata(after(created(0), deleted(1), updated(2)), metadata, 0);
    expect(stream.deletedAt).toBe(NOON + 1);
  });

  it('never goes back in time, whatever the clocks of its writers say', () => {
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

  it('counts every event and its bytes, those of types that nobody knows and those that cannot be read too', () => {
    const stream = after(
      created(0),
      recorded('SomethingElse', 1, 5),
      recorded('UserDataUpdated', 2, { data: 'malformed' }),
      recorded('StreamDeleted', 3, null),
    );
    expect(stream).toMatchObject({ revision: 3, events: 4, bytes: 4, description: 'Mine' });
    expect(stream).not.toHaveProperty('deletedAt');
  });

  it("is its user's alone where others began it without saying what it is", () => {
    expect(after(updated(0))).toMatchObject({
      description: '',
      tags: [],
      owner: 'alice',
      permissions: ownedBy('alice'),
      createdAt: NOON,
    });
  });

  it('counts on where the first event is not at revision 0, as in a stream that KurrentDB had deleted', () => {
    expect(after(created(7), updated(8))).toMatchObject({ revision: 8, events: 2 });
  });

  it('comes to the same in any order of events and metadata', () => {
    const events = [created(0), updated(1), deleted(2), restored(3)];
    fc.assert(
      fc.property(fc.nat({ max: 4 }), (place) => {
        const stream = events.reduce<UserStream | undefined>((before, event, index) => {
          const found = index === place ? evolveMetadata(before ?? foundStream(NAME, NOON), metadata, 0) : before;
          return evolve(found, event, 1);
        }, undefined);
        const whole = place === 4 && stream ? evolveMetadata(stream, metadata, 0) : stream;
        expect(whole).toEqual(evolveMetadata(after(...events), metadata, 0));
      }),
    );
  });

  it('changes nothing that it was given', () => {
    const stream = Object.freeze(after(created(0)));
    expect(() => evolve(evolveMetadata(evolve(stream, deleted(1), 0), metadata, 0), restored(2), 0)).not.toThrow();
  });
});

describe('an event with data', () => {
  it('is one of the type, that could be read', () => {
    expect(holdsData(updated(0))).toBe(true);
    expect(holdsData(created(0))).toBe(false);
    expect(holdsData(recorded('UserDataUpdated', 0, { data: [] }))).toBe(false);
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
  ])('cannot be read with %p', (mistake) => {
    expect(registry.decode('UserDataUpdated', { ...valid, ...mistake }, 1)).toMatchObject({
      problem: { reason: 'malformed' },
    });
  });

  it('is read without what does not belong to it', () => {
    expect(registry.decode('UserDataUpdated', { ...valid, more: 1 }, 1)).toEqual({ data: valid });
  });

  it.each([{ createdAt: 'noon' }, { tags: 'x' }, { tags: [1] }, { permissions: { read: '*' } }, { owner: null }])(
    'a beginning cannot be read with %p',
    (mistake) => {
      expect(created(0, mistake)).toMatchObject({ problem: { reason: 'malformed' } });
    },
  );
});
