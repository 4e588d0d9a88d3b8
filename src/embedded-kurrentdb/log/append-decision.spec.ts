import { type AppendDecision, decideAppend, decideDelete, type EventIdLookup } from './append-decision.js';
import { type ExpectedVersion, NO_REVISION } from './expected-version.js';
import { NO_METADATA, SOFT_DELETED_TRUNCATE_BEFORE } from './system-metadata.js';
import { type StreamState } from './stream-state.js';

const ANY: ExpectedVersion = { kind: 'any' };
const NO_STREAM: ExpectedVersion = { kind: 'noStream' };
const EXISTS: ExpectedVersion = { kind: 'streamExists' };
const exact = (revision: number): ExpectedVersion => ({ kind: 'exact', revision: BigInt(revision) });

/** A stream with these event ids, one per revision. */
function stream(
  ids: string,
  changes: Partial<StreamState> = {},
): { state: StreamState; lookup: EventIdLookup<string> } {
  const last = ids.length - 1;
  return {
    state: { lastRevision: last, tombstoned: false, metadata: NO_METADATA, ...changes },
    lookup: {
      lastRevisionOf: (id) => (ids.includes(id) ? ids.lastIndexOf(id) : undefined),
      hasIdAt: (revision, id) => ids[revision] === id,
      metastreamLastRevision: () => NO_REVISION,
    },
  };
}

const softDeleted = { metadata: { truncateBefore: SOFT_DELETED_TRUNCATE_BEFORE } };

function decide(
  existing: string,
  expected: ExpectedVersion,
  appended: string,
  changes: Partial<StreamState> = {},
): AppendDecision {
  const { state, lookup } = stream(existing, changes);
  return decideAppend(state, expected, [...appended], lookup);
}

const write = (firstRevision: number, softUndelete = false): AppendDecision => ({
  kind: 'write',
  firstRevision,
  softUndelete,
});
const idempotent = (lastRevision: number): AppendDecision => ({ kind: 'idempotent', lastRevision });
const wrong = (currentRevision: number): AppendDecision => ({ kind: 'wrongExpectedVersion', currentRevision });

describe('an append', () => {
  it('is written if the stream has the expected version', () => {
    expect(decide('', NO_STREAM, 'ab')).toEqual(write(0));
    expect(decide('', ANY, 'ab')).toEqual(write(0));
    expect(decide('abc', exact(2), 'd')).toEqual(write(3));
    expect(decide('abc', EXISTS, 'd')).toEqual(write(3));
  });

  it('is rejected with the current revision otherwise', () => {
    expect(decide('abc', NO_STREAM, 'd')).toEqual(wrong(2));
    expect(decide('abc', exact(0), 'd')).toEqual(wrong(2));
    expect(decide('abc', exact(9), 'd')).toEqual(wrong(2));
    expect(decide('', exact(0), 'd')).toEqual(wrong(NO_REVISION));
    expect(decide('', EXISTS, 'd')).toEqual(wrong(NO_REVISION));
  });

  it('with an exact version is idempotent only if its ids follow that revision', () => {
    expect(decide('abc', NO_STREAM, 'abc')).toEqual(idempotent(2));
    expect(decide('abcd', NO_STREAM, 'ab')).toEqual(idempotent(1));
    expect(decide('abcd', exact(0), 'bc')).toEqual(idempotent(2));
    for (const ids of ['bc', 'b', 'cba', 'abcx']) expect(decide('abc', NO_STREAM, ids)).toEqual(wrong(2));
  });

  it('at the current revision is written even if its ids exist already', () => {
    expect(decide('ab', exact(1), 'ab')).toEqual(write(2));
  });

  it('with any or stream-exists is idempotent if all ids exist, and rejected if only the first ones do', () => {
    for (const expected of [ANY, EXISTS]) {
      expect(decide('abc', expected, 'abc')).toEqual(idempotent(2));
      expect(decide('abc', expected, 'ac')).toEqual(idempotent(2));
      expect(decide('abc', expected, 'b')).toEqual(idempotent(1));
      expect(decide('abc', expected, 'cx')).toEqual(wrong(2));
      expect(decide('abc', expected, 'xa')).toEqual(write(3));
    }
  });

  it('without events is checked like any other', () => {
    expect(decide('', ANY, '')).toEqual(write(0));
    expect(decide('ab', exact(1), '')).toEqual(write(2));
    expect(decide('ab', exact(0), '')).toEqual(wrong(1));
    expect(decide('ab', NO_STREAM, '')).toEqual(wrong(1));
  });

  it('undeletes a soft-deleted stream and continues its numbering', () => {
    for (const expected of [ANY, NO_STREAM, exact(1)])
      expect(decide('ab', expected, 'c', softDeleted)).toEqual(write(2, true));
    expect(decide('ab', NO_STREAM, 'ab', softDeleted)).toEqual(idempotent(1));
    expect(decide('ab', exact(0), 'c', softDeleted)).toEqual(wrong(1));
    expect(decide('ab', EXISTS, 'c', softDeleted)).toEqual({ kind: 'deleted' });
  });

  it('to a tombstoned stream is rejected with any expected version', () => {
    for (const expected of [ANY, NO_STREAM, EXISTS, exact(1)])
      expect(decide('ab', expected, 'a', { tombstoned: true })).toEqual({ kind: 'deleted' });
  });

  it('treats a stream with metadata only as existing', () => {
    const { state, lookup } = stream('');
    expect(decideAppend(state, EXISTS, ['a'], { ...lookup, metastreamLastRevision: () => 0 })).toEqual(write(0));
  });
});

describe('a delete', () => {
  const remove = (
    existing: string,
    expected: ExpectedVersion,
    hard: boolean,
    changes: Partial<StreamState> = {},
    hasMetadata = false,
  ): string => decideDelete(stream(existing, changes).state, expected, hard ? 'hard' : { hasMetadata }).kind;

  it('requires the expected version', () => {
    for (const hard of [false, true]) {
      for (const expected of [ANY, EXISTS, exact(1)]) expect(remove('ab', expected, hard)).toBe('delete');
      for (const expected of [NO_STREAM, exact(0), exact(7)])
        expect(remove('ab', expected, hard)).toBe('wrongExpectedVersion');
    }
  });

  it('of a stream that never existed is rejected, unless it is hard and expects no stream', () => {
    for (const expected of [ANY, NO_STREAM, EXISTS, exact(0)])
      expect(remove('', expected, false)).toBe('wrongExpectedVersion');
    expect([ANY, NO_STREAM, EXISTS, exact(0)].map((expected) => remove('', expected, true))).toEqual([
      'delete',
      'delete',
      'wrongExpectedVersion',
      'wrongExpectedVersion',
    ]);
  });

  it('of a stream with metadata only is accepted with any version and with no stream', () => {
    expect([ANY, NO_STREAM, EXISTS, exact(0)].map((expected) => remove('', expected, false, {}, true))).toEqual([
      'delete',
      'delete',
      'wrongExpectedVersion',
      'wrongExpectedVersion',
    ]);
    expect(remove('ab', NO_STREAM, false, {}, true)).toBe('wrongExpectedVersion');
  });

  it('may be repeated if it is soft', () => {
    expect([ANY, exact(1), EXISTS].map((expected) => remove('ab', expected, false, softDeleted))).toEqual([
      'delete',
      'delete',
      'deleted',
    ]);
    expect(remove('ab', ANY, true, { tombstoned: true })).toBe('deleted');
  });
});
