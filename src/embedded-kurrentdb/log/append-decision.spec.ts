import { type AppendDecision, decideAppend, decideDelete, type EventIdLookup } from './append-decision.js';
import { type ExpectedVersion, NO_REVISION } from './expected-version.js';
import { NO_METADATA, SOFT_DELETED_TRUNCATE_BEFORE } from './system-metadata.js';
import { type StreamState } from './stream-state.js';

const ANY: ExpectedVersion = { kind: 'any' };
const NO_STREAM: ExpectedVersion = { kind: 'noStream' };
const EXISTS: ExpectedVersion = { kind: 'streamExists' };
const exact = (revision: number): ExpectedVersion => ({ kind: 'exact', revision: BigInt(revision) });

/** A stream that holds these ids, one for each revision. */
function stream(ids: string, changes: Partial<StreamState> = {}): { state: StreamState; known: EventIdLookup<string> } {
  const last = ids.length - 1;
  return {
    state: { lastRevision: last, tombstoned: false, metadata: NO_METADATA, ...changes },
    known: {
      lastRevisionOf: (id) => (ids.includes(id) ? ids.lastIndexOf(id) : undefined),
      hasIdAt: (revision, id) => ids[revision] === id,
      metastreamLastRevision: () => NO_REVISION,
    },
  };
}

const softDeleted = { metadata: { truncateBefore: SOFT_DELETED_TRUNCATE_BEFORE } };

function decide(
  held: string,
  expected: ExpectedVersion,
  appended: string,
  changes: Partial<StreamState> = {},
): AppendDecision {
  const { state, known } = stream(held, changes);
  return decideAppend(state, expected, [...appended], known);
}

const write = (firstRevision: number, softUndelete = false): AppendDecision => ({
  kind: 'write',
  firstRevision,
  softUndelete,
});
const duplicate = (lastRevision: number): AppendDecision => ({ kind: 'duplicate', lastRevision });
const wrong = (currentRevision: number): AppendDecision => ({ kind: 'wrongExpectedVersion', currentRevision });

describe('an append', () => {
  it('is written when the stream is where the writer expects it', () => {
    expect(decide('', NO_STREAM, 'ab')).toEqual(write(0));
    expect(decide('', ANY, 'ab')).toEqual(write(0));
    expect(decide('abc', exact(2), 'd')).toEqual(write(3));
    expect(decide('abc', EXISTS, 'd')).toEqual(write(3));
  });

  it('is refused when it is not, telling where the stream is', () => {
    expect(decide('abc', NO_STREAM, 'd')).toEqual(wrong(2));
    expect(decide('abc', exact(0), 'd')).toEqual(wrong(2));
    expect(decide('abc', exact(9), 'd')).toEqual(wrong(2));
    expect(decide('', exact(0), 'd')).toEqual(wrong(NO_REVISION));
    expect(decide('', EXISTS, 'd')).toEqual(wrong(NO_REVISION));
  });

  it('under an exact expectation is a retry if its ids follow that revision, and nothing else', () => {
    expect(decide('abc', NO_STREAM, 'abc')).toEqual(duplicate(2));
    expect(decide('abcd', NO_STREAM, 'ab')).toEqual(duplicate(1));
    expect(decide('abcd', exact(0), 'bc')).toEqual(duplicate(2));
    for (const ids of ['bc', 'b', 'cba', 'abcx']) expect(decide('abc', NO_STREAM, ids)).toEqual(wrong(2));
  });

  it('at the current end is written even if its ids are known', () => {
    expect(decide('ab', exact(1), 'ab')).toEqual(write(2));
  });

  it('under any and stream-exists is a retry if all ids are known, and a mistake if only the first ones are', () => {
    for (const expected of [ANY, EXISTS]) {
      expect(decide('abc', expected, 'abc')).toEqual(duplicate(2));
      expect(decide('abc', expected, 'ac')).toEqual(duplicate(2));
      expect(decide('abc', expected, 'b')).toEqual(duplicate(1));
      expect(decide('abc', expected, 'cx')).toEqual(wrong(2));
      expect(decide('abc', expected, 'xa')).toEqual(write(3));
    }
  });

  it('of no events is checked like any other', () => {
    expect(decide('', ANY, '')).toEqual(write(0));
    expect(decide('ab', exact(1), '')).toEqual(write(2));
    expect(decide('ab', exact(0), '')).toEqual(wrong(1));
    expect(decide('ab', NO_STREAM, '')).toEqual(wrong(1));
  });

  it('restores a soft-deleted stream, whose numbering goes on', () => {
    for (const expected of [ANY, NO_STREAM, exact(1)])
      expect(decide('ab', expected, 'c', softDeleted)).toEqual(write(2, true));
    expect(decide('ab', NO_STREAM, 'ab', softDeleted)).toEqual(duplicate(1));
    expect(decide('ab', exact(0), 'c', softDeleted)).toEqual(wrong(1));
    expect(decide('ab', EXISTS, 'c', softDeleted)).toEqual({ kind: 'deleted' });
  });

  it('to a tombstone is refused whatever it expects', () => {
    for (const expected of [ANY, NO_STREAM, EXISTS, exact(1)])
      expect(decide('ab', expected, 'a', { tombstoned: true })).toEqual({ kind: 'deleted' });
  });

  it('finds a stream that has nothing but metadata to exist', () => {
    const { state, known } = stream('');
    expect(decideAppend(state, EXISTS, ['a'], { ...known, metastreamLastRevision: () => 0 })).toEqual(write(0));
  });
});

describe('a delete', () => {
  const remove = (held: string, expected: ExpectedVersion, hard: boolean, changes: Partial<StreamState> = {}): string =>
    decideDelete(stream(held, changes).state, expected, hard).kind;

  it('needs the revision that is expected', () => {
    for (const hard of [false, true]) {
      for (const expected of [ANY, EXISTS, exact(1)]) expect(remove('ab', expected, hard)).toBe('delete');
      for (const expected of [NO_STREAM, exact(0), exact(7)])
        expect(remove('ab', expected, hard)).toBe('wrongExpectedVersion');
    }
  });

  it('of a stream that never was is refused, unless it is for good and expects no stream', () => {
    for (const expected of [ANY, NO_STREAM, EXISTS, exact(0)])
      expect(remove('', expected, false)).toBe('wrongExpectedVersion');
    expect([ANY, NO_STREAM, EXISTS, exact(0)].map((expected) => remove('', expected, true))).toEqual([
      'delete',
      'delete',
      'wrongExpectedVersion',
      'wrongExpectedVersion',
    ]);
  });

  it('may be repeated while it is soft', () => {
    expect([ANY, exact(1), EXISTS].map((expected) => remove('ab', expected, false, softDeleted))).toEqual([
      'delete',
      'delete',
      'deleted',
    ]);
    expect(remove('ab', ANY, true, { tombstoned: true })).toBe('deleted');
  });
});
