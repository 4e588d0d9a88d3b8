import {
  ownedBy,
  StreamAlreadyExistsError,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import {
  initialMetadataOf,
  type DataWrite,
  decideChange,
  decideCreate,
  decideDelete,
  type Decision,
  decideReplace,
  decideRestore,
  type Precondition,
  type DecisionContext,
} from './decisions.js';
import { type UserStream } from './user-stream.js';

const NOW = '2026-01-01T12:00:00.000Z';
const NAME = 'user-alice-profile';
const present: UserStream = {
  name: NAME,
  description: 'Mine',
  tags: [],
  owner: 'alice',
  permissions: ownedBy('alice'),
  revision: 4,
  metadataRevision: 0,
  events: 5,
  bytes: 9,
  createdAt: 0,
  updatedAt: 0,
};
const STREAMS = { absent: undefined, present, deleted: { ...present, deletedAt: 1 } };
type Standing = keyof typeof STREAMS;

const given = (standing: Standing): DecisionContext => ({
  key: { userId: 'alice', type: 'profile', category: 'default' },
  stream: STREAMS[standing],
  now: NOW,
  by: 'bob',
});
const written: DataWrite = { data: { displayName: 'Alice' }, eventId: 'evt_1_aaaaaaaa' };
const beginning = initialMetadataOf(given('absent').key, { description: 'Mine', tags: ['x'], isPublic: true });

const CONDITIONS = {
  'no demand': { kind: 'none' },
  'the revision it is at': { kind: 'revision', revision: 4n },
  'an earlier revision': { kind: 'revision', revision: 2n },
  'that it exists': { kind: 'exists' },
  'that it does not exist': { kind: 'absent' },
} as const satisfies Record<string, Precondition>;
type Condition = keyof typeof CONDITIONS;

const DECISIONS = {
  create: (context: DecisionContext) => decideCreate(context, beginning, written),
  replace: (context: DecisionContext, precondition: Precondition) => decideReplace(context, precondition, [written]),
  change: (context: DecisionContext, precondition: Precondition) => decideChange(context, precondition, written),
  delete: decideDelete,
  restore: decideRestore,
};
type Wish = keyof typeof DECISIONS;

type Outcome =
  | { readonly writes: readonly string[]; readonly at: Decision['expectedRevision'] }
  | { readonly refused: new (...args: never[]) => Error };
const BEGUN: Outcome = { writes: ['StreamCreated', 'UserDataUpdated'], at: 'no_stream' };
const writes = (type: string, at: bigint): Outcome => ({ writes: [type], at });
const refused = (error: new (...args: never[]) => Error): Outcome => ({ refused: error });

/** Per wish and condition: what comes of it where the stream is absent, present, deleted. */
const TABLE: Readonly<
  Record<
    Exclude<Wish, 'create'>,
    Readonly<Record<Condition, readonly [absent: Outcome, present: Outcome, deleted: Outcome]>>
  >
> = {
  replace: {
    'no demand': [BEGUN, writes('UserDataUpdated', 4n), refused(StreamDeletedError)],
    'the revision it is at': [
      refused(WrongExpectedRevisionError),
      writes('UserDataUpdated', 4n),
      refused(StreamDeletedError),
    ],
    // The store refuses it, and knows what the revision is by now.
    'an earlier revision': [
      refused(WrongExpectedRevisionError),
      writes('UserDataUpdated', 2n),
      writes('UserDataUpdated', 2n),
    ],
    'that it exists': [refused(WrongExpectedRevisionError), writes('UserDataUpdated', 4n), refused(StreamDeletedError)],
    'that it does not exist': [BEGUN, refused(StreamAlreadyExistsError), refused(StreamAlreadyExistsError)],
  },
  change: {
    'no demand': [refused(StreamNotFoundError), writes('UserDataUpdated', 4n), refused(StreamDeletedError)],
    'the revision it is at': [refused(StreamNotFoundError), writes('UserDataUpdated', 4n), refused(StreamDeletedError)],
    'an earlier revision': [refused(StreamNotFoundError), writes('UserDataUpdated', 2n), writes('UserDataUpdated', 2n)],
    'that it exists': [refused(StreamNotFoundError), writes('UserDataUpdated', 4n), refused(StreamDeletedError)],
    'that it does not exist': [
      refused(StreamNotFoundError),
      refused(StreamAlreadyExistsError),
      refused(StreamAlreadyExistsError),
    ],
  },
  delete: {
    'no demand': [refused(StreamNotFoundError), writes('StreamDeleted', 4n), refused(StreamDeletedError)],
    'the revision it is at': [refused(StreamNotFoundError), writes('StreamDeleted', 4n), refused(StreamDeletedError)],
    'an earlier revision': [refused(StreamNotFoundError), writes('StreamDeleted', 2n), writes('StreamDeleted', 2n)],
    'that it exists': [refused(StreamNotFoundError), writes('StreamDeleted', 4n), refused(StreamDeletedError)],
    'that it does not exist': [
      refused(StreamNotFoundError),
      refused(StreamAlreadyExistsError),
      refused(StreamAlreadyExistsError),
    ],
  },
  restore: {
    'no demand': [refused(StreamNotFoundError), refused(StreamAlreadyExistsError), writes('StreamRestored', 4n)],
    'the revision it is at': [
      refused(StreamNotFoundError),
      refused(StreamAlreadyExistsError),
      writes('StreamRestored', 4n),
    ],
    'an earlier revision': [
      refused(StreamNotFoundError),
      refused(StreamAlreadyExistsError),
      writes('StreamRestored', 2n),
    ],
    'that it exists': [refused(StreamNotFoundError), refused(StreamAlreadyExistsError), writes('StreamRestored', 4n)],
    'that it does not exist': [
      refused(StreamNotFoundError),
      refused(StreamAlreadyExistsError),
      refused(StreamAlreadyExistsError),
    ],
  },
};

const rows = Object.entries(TABLE).flatMap(([wish, conditions]) =>
  Object.entries(conditions).flatMap(([condition, outcomes]) =>
    (Object.keys(STREAMS) as Standing[]).map((standing, index) => ({
      wish: wish as Wish,
      condition: condition as Condition,
      standing,
      outcome: outcomes[index] as Outcome,
    })),
  ),
);

describe('a decision on a stream of a user', () => {
  it.each(rows)('to $wish it, $standing, demanding $condition', ({ wish, condition, standing, outcome }) => {
    const decide = (): Decision => DECISIONS[wish](given(standing), CONDITIONS[condition]);
    if ('refused' in outcome) {
      expect(decide).toThrow(outcome.refused);
      return;
    }
    const { events, expectedRevision, creates } = decide();
    expect(events.map(({ type }) => type)).toEqual(outcome.writes);
    expect(expectedRevision).toBe(outcome.at);
    expect(creates !== undefined).toBe(outcome === BEGUN);
    expect(events.every(({ timestamp }) => timestamp === NOW)).toBe(true);
  });

  it('never demands any revision: what is decided on one state of a stream is written to no other', () => {
    for (const { wish, condition, standing, outcome } of rows) {
      if ('refused' in outcome) continue;
      const { expectedRevision } = DECISIONS[wish](given(standing), CONDITIONS[condition]);
      expect(typeof expectedRevision === 'bigint' || expectedRevision === 'no_stream').toBe(true);
    }
  });

  it('to create it begins it, with what it is to be and with its data', () => {
    const { events, expectedRevision, creates } = decideCreate(given('absent'), beginning, written);
    expect(expectedRevision).toBe('no_stream');
    expect(creates).toBe(beginning);
    const permissions = { read: ['*', 'alice'], write: ['alice'], admin: ['alice'] };
    expect(events).toEqual([
      {
        type: 'StreamCreated',
        timestamp: NOW,
        data: {
          streamName: NAME,
          description: 'Mine',
          tags: ['x'],
          owner: 'alice',
          createdAt: NOW,
          data: null,
          permissions,
        },
      },
      {
        type: 'UserDataUpdated',
        timestamp: NOW,
        eventId: written.eventId,
        data: {
          userId: 'alice',
          type: 'profile',
          category: 'default',
          data: written.data,
          isPublic: true,
          timestamp: NOW,
          eventId: written.eventId,
        },
      },
    ]);
  });

  it('to create it without data writes that it was created, and no more', () => {
    expect(decideCreate(given('absent'), beginning, undefined).events.map(({ type }) => type)).toEqual([
      'StreamCreated',
    ]);
  });

  it.each([
    ['present', StreamAlreadyExistsError],
    ['deleted', StreamDeletedError],
  ] as const)('to create it, %s, is refused', (standing, error) => {
    expect(() => decideCreate(given(standing), beginning, written)).toThrow(error);
  });

  it('to replace the data of a stream that is not there makes it private, whoever does it', () => {
    const { events, creates } = decideReplace(given('absent'), { kind: 'none' }, [written]);
    expect(creates?.permissions).toEqual(ownedBy('alice'));
    expect(events[0]).toMatchObject({ data: { owner: 'alice', permissions: ownedBy('alice') } });
    expect(events[1]).toMatchObject({ data: { isPublic: false } });
  });

  it('says of data whether everyone can read them as they are written', () => {
    const context = {
      ...given('present'),
      stream: { ...present, permissions: { ...ownedBy('alice'), read: ['alice', '*'] } },
    };
    expect(decideReplace(context, { kind: 'none' }, [written]).events[0]).toMatchObject({ data: { isPublic: true } });
  });

  it('writes several sets of data in their order', () => {
    const many = ['a', 'b', 'c'].map((name) => ({ data: { name }, eventId: `evt_1_${name.repeat(8)}` }));
    const { events } = decideReplace(given('present'), { kind: 'none' }, many);
    expect(events.map(({ eventId, data }) => [eventId, (data as { data: unknown }).data])).toEqual(
      many.map(({ eventId, data }) => [eventId, data]),
    );
  });

  it('says who deleted and who restored it', () => {
    expect(decideDelete(given('present'), { kind: 'none' }).events[0]?.data).toEqual({
      streamName: NAME,
      deletedBy: 'bob',
    });
    expect(decideRestore(given('deleted'), { kind: 'none' }).events[0]?.data).toEqual({
      streamName: NAME,
      restoredBy: 'bob',
    });
  });

  it('that is refused names what was demanded and what is there, or how to go on', () => {
    const error = (standing: Standing, precondition: Precondition): unknown => {
      try {
        return decideReplace(given(standing), precondition, [written]);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(error('absent', { kind: 'revision', revision: 7n })).toMatchObject({
      streamName: NAME,
      expected: 7n,
      current: 'no_stream',
    });
    expect(error('absent', { kind: 'exists' })).toMatchObject({
      streamName: NAME,
      expected: 'stream_exists',
      current: 'no_stream',
    });
    expect(error('deleted', { kind: 'none' })).toMatchObject({
      message: expect.stringContaining('restore it first') as string,
    });
  });

  it("begins a stream private, its user's and without tags, where nobody says otherwise", () => {
    expect(initialMetadataOf({ userId: 'bob', type: 'loans', category: 'car' })).toEqual({
      description: "Stream 'car' of the loans of user 'bob'",
      tags: [],
      permissions: ownedBy('bob'),
    });
    expect(initialMetadataOf(given('absent').key, { isPublic: false }).permissions).toEqual(ownedBy('alice'));
  });
});
