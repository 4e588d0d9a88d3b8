import { effectiveOperation, isAllowed } from './access.js';
import { violatedChecks } from './consistency-check.js';
import { compileFilter } from './filter.js';
import { parseLink } from './link.js';
import {
  NO_METADATA,
  parseSystemMetadata,
  softUndeletedMetadata,
  SOFT_DELETED_TRUNCATE_BEFORE,
} from './system-metadata.js';
import { firstVisibleRevision, expiredBeforeMs, readStatus, type StreamState } from './stream-state.js';

const stream = (
  lastRevision: number,
  metadata: StreamState['metadata'] = NO_METADATA,
  tombstoned = false,
): StreamState => ({ lastRevision, metadata, tombstoned });

describe('stream metadata', () => {
  it('limits a stream by count, age and revision', () => {
    expect(parseSystemMetadata('{"$maxCount":5,"$maxAge":60,"$tb":3,"own":true}')).toEqual({
      maxCount: 5,
      maxAgeMs: 60_000,
      truncateBefore: 3,
    });
  });

  it.each([
    'not json',
    '[]',
    '"text"',
    'null',
    '{"$maxCount":"many"}',
    '{"$tb":-1}',
    '{"$maxAge":1.5}',
    '{"$acl":1}',
    '{"$maxCount":1,"$acl":{"$r":[1]}}',
  ])('says nothing as a whole if it is %s', (json) => {
    expect(parseSystemMetadata(json)).toEqual({});
  });

  it('takes no count and no age for no limit', () => {
    expect(parseSystemMetadata('{"$maxCount":0,"$maxAge":0}')).toEqual({});
  });

  it('reads access lists, of one role or of many', () => {
    expect(parseSystemMetadata('{"$acl":{"$r":"a","$w":["b","c"],"$mr":[],"$other":1}}').acl).toEqual({
      read: ['a'],
      write: ['b', 'c'],
      metadataRead: [],
    });
  });

  it('of a deleted stream gets its truncation back, and keeps the rest', () => {
    expect(JSON.parse(softUndeletedMetadata('{"$tb":9223372036854775807,"own":1}', 7) ?? '')).toEqual({
      $tb: 7,
      own: 1,
    });
    expect(softUndeletedMetadata('not json', 7)).toBeUndefined();
  });
});

describe('what is left of a stream', () => {
  it('begins where the stricter limit says', () => {
    expect(firstVisibleRevision(stream(9))).toBe(0);
    expect(firstVisibleRevision(stream(9, { maxCount: 3 }))).toBe(7);
    expect(firstVisibleRevision(stream(9, { maxCount: 3, truncateBefore: 8 }))).toBe(8);
    expect(firstVisibleRevision(stream(1, { maxCount: 30 }))).toBe(0);
    expect(expiredBeforeMs(stream(9, { maxAgeMs: 1000 }), 5000)).toBe(4000);
  });

  it('tells streams that are gone from those that never were', () => {
    expect(readStatus(stream(-1))).toBe('notFound');
    expect(readStatus(stream(5, { truncateBefore: SOFT_DELETED_TRUNCATE_BEFORE }))).toBe('notFound');
    expect(readStatus(stream(5, { truncateBefore: 100 }))).toBe('readable');
    expect(readStatus(stream(5, NO_METADATA, true))).toBe('tombstoned');
  });
});

describe('filters', () => {
  const event = { streamName: 'orders-1', eventType: 'Placed' };

  it('match prefixes of names or types, and nothing without any', () => {
    expect(compileFilter({ on: 'streamName', regex: '', prefixes: ['x', 'ord'] })(event)).toBe(true);
    expect(compileFilter({ on: 'eventType', regex: '', prefixes: ['ord'] })(event)).toBe(false);
    expect(compileFilter({ on: 'eventType', regex: '', prefixes: [] })(event)).toBe(false);
  });

  it('match expressions anywhere, with case', () => {
    expect(compileFilter({ on: 'streamName', regex: 'rders', prefixes: [] })(event)).toBe(true);
    expect(compileFilter({ on: 'streamName', regex: 'RDERS', prefixes: [] })(event)).toBe(false);
    expect(() => compileFilter({ on: 'streamName', regex: '([', prefixes: [] })).toThrow(SyntaxError);
  });
});

describe('links', () => {
  it('name an event by revision and stream, which may hold an @ itself', () => {
    expect(parseLink('12@a@b')).toEqual({ revision: 12, streamName: 'a@b' });
  });

  it.each(['', '@', '1@', '@a', 'x@a', '-1@a', 'nonsense'])('are none if they read "%s"', (data) => {
    expect(parseLink(data)).toBeUndefined();
  });
});

describe('access', () => {
  const user = { loginName: 'u', groups: ['crew'], isAdmin: false };
  const anonymous = { loginName: undefined, groups: [], isAdmin: false };
  const admin = { loginName: 'a', groups: ['$admins'], isAdmin: true };

  it('to a metadata stream is a right to the stream it describes', () => {
    expect(effectiveOperation('$$x', 'read')).toEqual({ streamName: 'x', operation: 'metadataRead' });
    expect(effectiveOperation('$$x', 'write')).toEqual({ streamName: 'x', operation: 'metadataWrite' });
    expect(effectiveOperation('x', 'write')).toEqual({ streamName: 'x', operation: 'write' });
  });

  it('is open by default for users and ordinary streams only', () => {
    expect(isAllowed(user, 'x', 'write', undefined)).toBe(true);
    expect(isAllowed(user, '$x', 'read', undefined)).toBe(false);
    expect(isAllowed(anonymous, 'x', 'read', undefined)).toBe(false);
    expect(isAllowed(admin, '$x', 'delete', undefined)).toBe(true);
  });

  it('is decided by the list where it names the right: by name, by group, for everyone who is logged in', () => {
    const acl = { read: ['crew'], write: ['u'], delete: [], metadataRead: ['$all'] };
    expect(
      (['read', 'write', 'delete', 'metadataRead', 'metadataWrite'] as const).map((operation) =>
        isAllowed(user, 'x', operation, acl),
      ),
    ).toEqual([true, true, false, true, true]);
    expect(isAllowed(anonymous, 'x', 'metadataRead', acl)).toBe(false);
    expect(isAllowed(admin, 'x', 'delete', acl)).toBe(true);
  });
});

describe('consistency checks', () => {
  const streams: Record<string, StreamState> = {
    at1: stream(1),
    none: stream(-1),
    soft: stream(1, { truncateBefore: SOFT_DELETED_TRUNCATE_BEFORE }),
    hard: stream(1, NO_METADATA, true),
  };
  const violations = (streamName: string, expectedState: number): string[] =>
    violatedChecks([{ streamName, expectedState }], (name) => streams[name] ?? stream(-1)).map(
      ({ message }) => message,
    );

  it('hold for the state that the stream is in, a deleted stream being none', () => {
    for (const [name, state] of [
      ['at1', 1],
      ['at1', -4],
      ['none', -1],
      ['soft', -1],
      ['soft', 1],
      ['soft', -5],
      ['hard', -1],
      ['hard', -6],
    ] as const)
      expect(violations(name, state)).toEqual([]);
  });

  it('tell what is wrong otherwise', () => {
    expect(violations('at1', -1)).toEqual(["Stream 'at1' already exists at revision 1."]);
    expect(violations('at1', 0)).toEqual(["Stream 'at1' is at revision 1, expected revision 0."]);
    expect(violations('none', -4)).toEqual(["Stream 'none' does not exist."]);
    expect(violations('soft', -4)).toEqual(["Stream 'soft' is deleted."]);
    expect(violations('hard', 1)).toEqual(["Stream 'hard' is tombstoned, expected revision 1."]);
  });
});
