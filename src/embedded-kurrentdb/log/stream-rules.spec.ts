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
  ])('is ignored as a whole if it is %s', (json) => {
    expect(parseSystemMetadata(json)).toEqual({});
  });

  it('treats a count or age of 0 as no limit', () => {
    expect(parseSystemMetadata('{"$maxCount":0,"$maxAge":0}')).toEqual({});
  });

  it('parses ACLs with one role or several', () => {
    expect(parseSystemMetadata('{"$acl":{"$r":"a","$w":["b","c"],"$mr":[],"$other":1}}').acl).toEqual({
      read: ['a'],
      write: ['b', 'c'],
      metadataRead: [],
    });
  });

  it('of an undeleted stream gets $tb and keeps the rest', () => {
    expect(JSON.parse(softUndeletedMetadata('{"$tb":9223372036854775807,"own":1}', 7) ?? '')).toEqual({
      $tb: 7,
      own: 1,
    });
    expect(softUndeletedMetadata('not json', 7)).toBeUndefined();
  });
});

describe('a truncated stream', () => {
  it('starts at the stricter limit', () => {
    expect(firstVisibleRevision(stream(9))).toBe(0);
    expect(firstVisibleRevision(stream(9, { maxCount: 3 }))).toBe(7);
    expect(firstVisibleRevision(stream(9, { maxCount: 3, truncateBefore: 8 }))).toBe(8);
    expect(firstVisibleRevision(stream(1, { maxCount: 30 }))).toBe(0);
    expect(expiredBeforeMs(stream(9, { maxAgeMs: 1000 }), 5000)).toBe(4000);
  });

  it('is distinguished from a missing and from a tombstoned stream', () => {
    expect(readStatus(stream(-1))).toBe('notFound');
    expect(readStatus(stream(5, { truncateBefore: SOFT_DELETED_TRUNCATE_BEFORE }))).toBe('notFound');
    expect(readStatus(stream(5, { truncateBefore: 100 }))).toBe('readable');
    expect(readStatus(stream(5, NO_METADATA, true))).toBe('tombstoned');
  });
});

describe('filters', () => {
  const event = { streamName: 'orders-1', eventType: 'Placed' };

  it('match prefixes of stream names or event types, and nothing without prefixes', () => {
    expect(compileFilter({ on: 'streamName', regex: '', prefixes: ['x', 'ord'] })(event)).toBe(true);
    expect(compileFilter({ on: 'eventType', regex: '', prefixes: ['ord'] })(event)).toBe(false);
    expect(compileFilter({ on: 'eventType', regex: '', prefixes: [] })(event)).toBe(false);
  });

  it('match regular expressions unanchored and case-sensitively', () => {
    expect(compileFilter({ on: 'streamName', regex: 'rders', prefixes: [] })(event)).toBe(true);
    expect(compileFilter({ on: 'streamName', regex: 'RDERS', prefixes: [] })(event)).toBe(false);
    expect(() => compileFilter({ on: 'streamName', regex: '([', prefixes: [] })).toThrow(SyntaxError);
  });
});

describe('links', () => {
  it('consist of a revision and a stream name, which may contain @', () => {
    expect(parseLink('12@a@b')).toEqual({ revision: 12, streamName: 'a@b' });
  });

  it.each(['', '@', '1@', '@a', 'x@a', '-1@a', 'nonsense'])('are invalid if they are "%s"', (data) => {
    expect(parseLink(data)).toBeUndefined();
  });
});

describe('access', () => {
  const noDefault = (): undefined => undefined;
  const user = { loginName: 'u', groups: ['crew'], isAdmin: false };
  const anonymous = { loginName: undefined, groups: [], isAdmin: false };
  const admin = { loginName: 'a', groups: ['$admins'], isAdmin: true };

  it('to a metadata stream is decided by the ACL of its original stream', () => {
    expect(effectiveOperation('$$x', 'read')).toEqual({ streamName: 'x', operation: 'metadataRead' });
    expect(effectiveOperation('$$x', 'write')).toEqual({ streamName: 'x', operation: 'metadataWrite' });
    expect(effectiveOperation('x', 'write')).toEqual({ streamName: 'x', operation: 'write' });
  });

  it('is granted by default to users of ordinary streams only', () => {
    expect(isAllowed(user, 'x', 'write', undefined, noDefault)).toBe(true);
    expect(isAllowed(user, '$x', 'read', undefined, noDefault)).toBe(false);
    expect(isAllowed(anonymous, 'x', 'read', undefined, noDefault)).toBe(false);
    expect(isAllowed(admin, '$x', 'delete', undefined, noDefault)).toBe(true);
  });

  it('is granted by the default ACL of the store to streams without one, and never to system streams', () => {
    const restricted = (): { readonly write: readonly string[] } => ({ write: ['$admins'] });
    expect(isAllowed(user, 'x', 'write', undefined, restricted)).toBe(false);
    expect(isAllowed(user, 'x', 'read', undefined, restricted)).toBe(true);
    expect(isAllowed(user, 'x', 'write', { write: ['u'] }, restricted)).toBe(true);
    expect(isAllowed(user, '$x', 'write', undefined, () => ({ write: ['$all'] }))).toBe(false);
  });

  it('is granted by the ACL to a user, a group or all authenticated users', () => {
    const acl = { read: ['crew'], write: ['u'], delete: [], metadataRead: ['$all'] };
    expect(
      (['read', 'write', 'delete', 'metadataRead', 'metadataWrite'] as const).map((operation) =>
        isAllowed(user, 'x', operation, acl, noDefault),
      ),
    ).toEqual([true, true, false, true, true]);
    expect(isAllowed(anonymous, 'x', 'metadataRead', acl, noDefault)).toBe(false);
    expect(isAllowed(admin, 'x', 'delete', acl, noDefault)).toBe(true);
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

  it('pass for the current state of the stream; a deleted stream counts as none', () => {
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

  it('explain the violation otherwise', () => {
    expect(violations('at1', -1)).toEqual(["Stream 'at1' already exists at revision 1."]);
    expect(violations('at1', 0)).toEqual(["Stream 'at1' is at revision 1, expected revision 0."]);
    expect(violations('none', -4)).toEqual(["Stream 'none' does not exist."]);
    expect(violations('soft', -4)).toEqual(["Stream 'soft' is deleted."]);
    expect(violations('hard', 1)).toEqual(["Stream 'hard' is tombstoned, expected revision 1."]);
  });
});
