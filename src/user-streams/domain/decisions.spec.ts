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
import { RESERVED_CATEGORIES } from './reserved-categories.js';
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
type State = keyof typeof STREAMS;

const given = (state: State): DecisionContext => ({
  key: { userId: 'alice', type: 'profile', category: 'default' },
  stream: STREAMS[state],
  now: NOW,
  by: 'bob',
});
const written: DataWrite = { data: { displayName: 'Alice' }, eventId: 'evt_1_aaaaaaaa' };
const initialMetadata = initialMetadataOf(given('absent').key, { description: 'Mine', tags: ['x'], isPublic: true });

const CONDITIONS = {
  'no precondition': { kind: 'none' },
  'the current revision': { kind: 'revision', revision: 4n },
  'an earlier revision': { kind: 'revision', revision: 2n },
  'If-Match *': { kind: 'exists' },
  'If-None-Match *': { kind: 'absent' },
} as const satisfies Record<string, Precondition>;
type Condition = keyof typeof CONDITIONS;

const DECISIONS = {
  create: (context: DecisionContext) => decideCreate(context, initialMetadata, written),
  replace: (context: DecisionContext, precondition: Precondition) => decideReplace(context, precondition, [written]),
  change: (context: DecisionContext, precondition: Precondition) => decideChange(context, precondition, written),
  delete: decideDelete,
  restore: decideRestore,
};
type Command = keyof typeof DECISIONS;

type Outcome =
  | { readonly writes: readonly string[]; readonly at: Decision['expectedRevision'] }
  | { readonly rejected: new (...args: never[]) => Error };
const CREATED: Outcome = { writes: ['StreamCreated', 'UserDataUpdated'], at: 'no_stream' };
const writes = (type: string, at: bigint): Outcome => ({ writes: [type], at });
const rejected = (error: new (...args: never[]) => Error): Outcome => ({ rejected: error });

/** Outcome by command, precondition and state of the stream. */
const TABLE: Readonly<
  Record<
    Exclude<Command, 'create'>,
    Readonly<Record<Condition, readonly [absent: Outcome, present: Outcome, deleted: Outcome]>>
  >
> = {
  replace: {
    'no precondition': [CREATED, writes('UserDataUpdated', 4n), rejected(StreamDeletedError)],
    'the current revision': [
      rejected(WrongExpectedRevisionError),
      writes('UserDataUpdated', 4n),
      rejected(StreamDeletedError),
    ],
    // The store rejects it, with the revision that is current then.
    'an earlier revision': [
      rejected(WrongExpectedRevisionError),
      writes('UserDataUpdated', 2n),
      writes('UserDataUpdated', 2n),
    ],
    'If-Match *': [rejected(WrongExpectedRevisionError), writes('UserDataUpdated', 4n), rejected(StreamDeletedError)],
    'If-None-Match *': [CREATED, rejected(StreamAlreadyExistsError), rejected(StreamAlreadyExistsError)],
  },
  change: {
    'no precondition': [rejected(StreamNotFoundError), writes('UserDataUpdated', 4n), rejected(StreamDeletedError)],
    'the current revision': [
      rejected(StreamNotFoundError),
      writes('UserDataUpdated', 4n),
      rejected(StreamDeletedError),
    ],
    'an earlier revision': [
      rejected(StreamNotFoundError),
      writes('UserDataUpdated', 2n),
      writes('UserDataUpdated', 2n),
    ],
    'If-Match *': [rejected(StreamNotFoundError), writes('UserDataUpdated', 4n), rejected(StreamDeletedError)],
    'If-None-Match *': [
      rejected(StreamNotFoundError),
      rejected(StreamAlreadyExistsError),
      rejected(StreamAlreadyExistsError),
    ],
  },
  delete: {
    'no precondition': [rejected(StreamNotFoundError), writes('StreamDeleted', 4n), rejected(StreamDeletedError)],
    'the current revision': [rejected(StreamNotFoundError), writes('StreamDeleted', 4n), rejected(StreamDeletedError)],
    'an earlier revision': [rejected(StreamNotFoundError), writes('StreamDeleted', 2n), writes('StreamDeleted', 2n)],
    'If-Match *': [rejected(StreamNotFoundError), writes('StreamDeleted', 4n), rejected(StreamDeletedError)],
    'If-None-Match *': [
      rejected(StreamNotFoundError),
      rejected(StreamAlreadyExistsError),
      rejected(StreamAlreadyExistsError),
    ],
  },
  restore: {
    'no precondition': [
      rejected(StreamNotFoundError),
      rejected(StreamAlreadyExistsError),
      writes('StreamRestored', 4n),
    ],
    'the current revision': [
      rejected(StreamNotFoundError),
      rejected(StreamAlreadyExistsError),
      writes('StreamRestored', 4n),
    ],
    'an earlier revision': [
      rejected(StreamNotFoundError),
      rejected(StreamAlreadyExistsError),
      writes('StreamRestored', 2n),
    ],
    'If-Match *': [rejected(StreamNotFoundError), rejected(StreamAlreadyExistsError), writes('StreamRestored', 4n)],
    'If-None-Match *': [
      rejected(StreamNotFoundError),
      rejected(StreamAlreadyExistsError),
      rejected(StreamAlreadyExistsError),
    ],
  },
};

const rows = Object.entries(TABLE).flatMap(([command, conditions]) =>
  Object.entries(conditions).flatMap(([condition, outcomes]) =>
    (Object.keys(STREAMS) as State[]).map((state, index) => ({
      command: command as Command,
      condition: condition as Condition,
      state,
      outcome: outcomes[index] as Outcome,
    })),
  ),
);

describe('decisions on a user stream', () => {
  it.each(rows)(
    'decides on $command with $condition for a stream that is $state',
    ({ command, condition, state, outcome }) => {
      const decide = (): Decision => DECISIONS[command](given(state), CONDITIONS[condition]);
      if ('rejected' in outcome) {
        expect(decide).toThrow(outcome.rejected);
        return;
      }
      const { events, expectedRevision, creates } = decide();
      expect(events.map(({ type }) => type)).toEqual(outcome.writes);
      expect(expectedRevision).toBe(outcome.at);
      expect(creates !== undefined).toBe(outcome === CREATED);
      expect(events.every(({ timestamp }) => timestamp === NOW)).toBe(true);
    },
  );

  it('always expects an exact revision, so that nothing is appended to another state', () => {
    for (const { command, condition, state, outcome } of rows) {
      if ('rejected' in outcome) continue;
      const { expectedRevision } = DECISIONS[command](given(state), CONDITIONS[condition]);
      expect(typeof expectedRevision === 'bigint' || expectedRevision === 'no_stream').toBe(true);
    }
  });

  it('creates a stream with its initial metadata and data', () => {
    const { events, expectedRevision, creates } = decideCreate(given('absent'), initialMetadata, written);
    expect(expectedRevision).toBe('no_stream');
    const tags = ['user', 'profile', 'default', 'public', 'x'];
    expect(creates).toEqual({ ...initialMetadata, tags });
    const permissions = { read: ['*'], write: ['alice'], admin: ['alice'] };
    expect(events).toEqual([
      {
        type: 'StreamCreated',
        timestamp: NOW,
        data: {
          streamName: NAME,
          description: 'Mine',
          tags,
          owner: 'alice',
          createdAt: NOW,
          data: {},
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

  it('creates a stream without data by StreamCreated only', () => {
    expect(decideCreate(given('absent'), initialMetadata, undefined).events.map(({ type }) => type)).toEqual([
      'StreamCreated',
    ]);
  });

  it.each([
    ['present', StreamAlreadyExistsError],
    ['deleted', StreamDeletedError],
  ] as const)('rejects the creation of a stream that is %s', (state, error) => {
    expect(() => decideCreate(given(state), initialMetadata, written)).toThrow(error);
  });

  it('creates a missing stream as private when data are replaced by another caller', () => {
    const { events, creates } = decideReplace(given('absent'), { kind: 'none' }, [written]);
    expect(creates?.permissions).toEqual(ownedBy('alice'));
    expect(creates?.tags).toEqual(['user', 'profile', 'default', 'private']);
    expect(events[0]).toMatchObject({ data: { owner: 'alice', permissions: ownedBy('alice') } });
    expect(events[1]).toMatchObject({ data: { isPublic: false } });
  });

  it('records whether everyone can read the data at the time of the write', () => {
    const context = {
      ...given('present'),
      stream: { ...present, permissions: { ...ownedBy('alice'), read: ['alice', '*'] } },
    };
    expect(decideReplace(context, { kind: 'none' }, [written]).events[0]).toMatchObject({ data: { isPublic: true } });
  });

  it('writes several sets of data in order', () => {
    const many = ['a', 'b', 'c'].map((name) => ({ data: { name }, eventId: `evt_1_${name.repeat(8)}` }));
    const { events } = decideReplace(given('present'), { kind: 'none' }, many);
    expect(events.map(({ eventId, data }) => [eventId, (data as { data: unknown }).data])).toEqual(
      many.map(({ eventId, data }) => [eventId, data]),
    );
  });

  it('records who deleted and who restored the stream', () => {
    expect(decideDelete(given('present'), { kind: 'none' }).events[0]?.data).toEqual({
      streamName: NAME,
      deletedBy: 'bob',
    });
    expect(decideRestore(given('deleted'), { kind: 'none' }).events[0]?.data).toEqual({
      streamName: NAME,
      restoredBy: 'bob',
    });
  });

  it('names the expected and the current revision, or the remedy, in a rejection', () => {
    const error = (state: State, precondition: Precondition): unknown => {
      try {
        return decideReplace(given(state), precondition, [written]);
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

  it.each(RESERVED_CATEGORIES)('creates no stream with the category %s, and writes to one that exists', (category) => {
    const at = (state: State): DecisionContext => ({ ...given(state), key: { ...given(state).key, category } });
    for (const create of [
      () => decideReplace(at('absent'), { kind: 'none' }, [written]),
      () => decideCreate(at('absent'), initialMetadataOf(at('absent').key), written),
    ])
      expect(create).toThrow(`'${category}' cannot name a category, because …/profile/${category} is about`);
    expect(decideReplace(at('present'), { kind: 'none' }, [written]).events).toHaveLength(1);
  });

  it('creates a stream as private, owned by its user and without tags of its own by default', () => {
    expect(initialMetadataOf({ userId: 'bob', type: 'loans', category: 'car' })).toEqual({
      description: "Stream 'car' of the loans of user 'bob'",
      tags: [],
      permissions: ownedBy('bob'),
    });
    expect(initialMetadataOf(given('absent').key, { isPublic: false }).permissions).toEqual(ownedBy('alice'));
  });
});
