import fc from 'fast-check';
import { ValidationError } from '../../errors/index.js';
import {
  assertStreamName,
  identifyStream,
  isCategory,
  isServiceName,
  isUserId,
  isUserStreamType,
  MAX_STREAM_NAME_BYTES,
  serviceUptimeStream,
  USER_STREAM_TYPES,
  userStream,
  type UserStreamType,
} from './stream-name.js';

describe('stream names', () => {
  it.each([
    ['service-uptime-http', { kind: 'service-uptime', service: 'http' }],
    ['service-uptime-pay.api_v2', { kind: 'service-uptime', service: 'pay.api_v2' }],
    ['service-uptime-', { kind: 'other' }],
    ['service-uptime-HTTP', { kind: 'other' }],
    ['system-audit-1', { kind: 'system', name: 'audit-1' }],
    ['system-', { kind: 'other' }],
    ['user-alice-profile', { kind: 'user', userId: 'alice', type: 'profile', category: 'default' }],
    ['user-alice-loans-car', { kind: 'user', userId: 'alice', type: 'loans', category: 'car' }],
    ['user-a.b_c@d-e-offers-two-words', { kind: 'user', userId: 'a.b_c@d-e', type: 'offers', category: 'two-words' }],
    ['user-alice', { kind: 'other' }],
    ['user--profile', { kind: 'other' }],
    ['user-alice-profile-default', { kind: 'other' }],
    ['user-alice-profile-', { kind: 'other' }],
    ['user-alice-profile-Two', { kind: 'other' }],
    ['user-alice-profile-two--words', { kind: 'other' }],
    ['user-alice-profile-Two-loans', { kind: 'other' }],
    ['user-profile-profile', { kind: 'user', userId: 'profile', type: 'profile', category: 'default' }],
    ['user-alice-loans-profile', { kind: 'user', userId: 'alice', type: 'loans', category: 'profile' }],
    ['user-alice-loans-profile-default', { kind: 'user', userId: 'alice', type: 'loans', category: 'profile-default' }],
    ['user-__proto__-profile', { kind: 'user', userId: '__proto__', type: 'profile', category: 'default' }],
    ['user-system-profile', { kind: 'other' }],
    ['user-admin-profile', { kind: 'other' }],
    ['user-user-profile', { kind: 'other' }],
    ['user-..-profile', { kind: 'other' }],
    ['user-alice/bob-profile', { kind: 'other' }],
    ['user-alice-profile\n', { kind: 'other' }],
    [`user-${'x'.repeat(129)}-profile`, { kind: 'other' }],
    [`user-alice-profile-${'x'.repeat(65)}`, { kind: 'other' }],
    ['User-alice-profile', { kind: 'other' }],
    ['$ce-user', { kind: 'kurrentdb' }],
    ['$$service-uptime-http', { kind: 'kurrentdb' }],
    ['connection-test', { kind: 'other' }],
  ])('parses %s', (name, identity) => {
    expect(identifyStream(name)).toEqual(identity);
  });

  /** Pieces that a name could be cut at in a wrong place. */
  const piece = fc.oneof(
    fc.constantFrom(
      '-',
      '--',
      '_',
      '.',
      '..',
      '@',
      'default',
      'user',
      'admin',
      'profil',
      'a',
      'A1',
      ...USER_STREAM_TYPES,
      ...USER_STREAM_TYPES.map((type) => `-${type}`),
    ),
    fc.stringMatching(/^[\w.@-]{1,4}$/),
  );
  const oddText = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const type = fc.constantFrom(...USER_STREAM_TYPES);

  it('parses names to the user, type and category that they were built from', () => {
    fc.assert(
      fc.property(
        oddText.filter(isUserId),
        type,
        fc.oneof(fc.constant('default'), oddText.filter(isCategory)),
        (userId, kind, category) => {
          const name = userStream(userId, kind, category);
          expect(name).toBe(`user-${userId}-${kind}${category === 'default' ? '' : `-${category}`}`);
          expect(identifyStream(name)).toEqual({ kind: 'user', userId, type: kind, category });
          expect(() => assertStreamName(name)).not.toThrow();
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('parses only names that can be built for the user as user streams', () => {
    fc.assert(
      fc.property(oddText, (rest) => {
        const identity = identifyStream(`user-${rest}`);
        if (identity.kind === 'user')
          expect(userStream(identity.userId, identity.type, identity.category)).toBe(`user-${rest}`);
        else expect(identity).toEqual({ kind: 'other' });
      }),
      { numRuns: 2_000 },
    );
  });

  it('rejects invalid user ids and categories, and no others', () => {
    fc.assert(
      fc.property(oddText, type, oddText, (userId, kind, category) => {
        const isAccepted = isUserId(userId) && isCategory(category);
        if (isAccepted) expect(userStream(userId, kind, category)).toContain(userId);
        else expect(() => userStream(userId, kind, category)).toThrow(ValidationError);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    'a',
    'Alice',
    'a.b_c@d-e',
    '-',
    'profile',
    'my-profiles',
    'x'.repeat(128),
    '__proto__',
    'auth0@abc',
    'administrator',
    'a..b',
    'default',
  ])('accepts %p as user id', (id) => {
    expect(isUserId(id)).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    'a-profile',
    'a-loans-b',
    '-offers',
    'a b',
    'ä',
    'a/b',
    'key:a',
    '*',
    '$a',
    'a\n',
    'x'.repeat(129),
    'system',
    'admin',
    'user',
    'auth0|abc',
  ])('rejects %p as user id, with the allowed form', (id) => {
    expect(isUserId(id)).toBe(false);
    expect(() => userStream(id, 'profile')).toThrow(/cannot be a user's id: use at most 128 letters/);
  });

  it.each(['a', 'two-words', 'two_words', '1', 'profile', 'x'.repeat(64), 'default'])(
    'accepts %p as category',
    (category) => {
      expect(isCategory(category)).toBe(true);
    },
  );

  it.each(['', 'A', '-a', 'a-', 'a--b', 'a.b', 'a b', 'ä', '__proto__', 'a\n', 'x'.repeat(65)])(
    'rejects %p as category, with the allowed form',
    (category) => {
      expect(isCategory(category)).toBe(false);
      expect(() => userStream('alice', 'profile', category)).toThrow(
        /cannot name a category: use at most 64 lower-case letters/,
      );
    },
  );

  it('reports both issues at once, each with its path', () => {
    const thrown = (): unknown => {
      try {
        return userStream('a/b', 'profile', 'A');
      } catch (error) {
        return error;
      }
    };
    expect(thrown()).toMatchObject({ details: { mistakes: [{ path: 'userId' }, { path: 'category' }] } });
  });

  it.each([
    ['profile', true],
    ['Profile', false],
    ['', false],
    ['toString', false],
  ])('checks %p as type of user streams: %p', (text, expected) => {
    expect(isUserStreamType(text)).toBe(expected);
    const types: readonly UserStreamType[] = USER_STREAM_TYPES;
    expect(types.some((known) => known === text)).toBe(expected);
  });

  it.each(['http', 'pay.api', 'a-1_b', 'x'.repeat(64)])('accepts %s as service name', (name) => {
    expect(isServiceName(name)).toBe(true);
    expect(serviceUptimeStream(name)).toBe(`service-uptime-${name}`);
  });

  it.each(['', 'HTTP', '-a', 'a-', 'a--b', 'a b', 'ä', 'a/b', '__proto__', 'x'.repeat(65), '$x'])(
    'rejects %p as service name',
    (name) => {
      expect(isServiceName(name)).toBe(false);
      expect(() => serviceUptimeStream(name)).toThrow(ValidationError);
    },
  );

  it.each(['a', 'ünïcödé-流', '$$x', '🐧'.repeat(128)])('accepts %p as stream name', (name) => {
    expect(() => assertStreamName(name)).not.toThrow();
  });

  it.each([
    ['', 'it is empty'],
    [' a', 'white space'],
    ['a\n', 'white space'],
    ['a\u0000b', 'control characters'],
    ['a\u2028b', 'control characters'],
    ['\ud800', 'broken Unicode'],
    ['🐧'.repeat(129), `longer than ${MAX_STREAM_NAME_BYTES} bytes`],
  ])('rejects %p as stream name, with the reason', (name, why) => {
    expect(() => assertStreamName(name)).toThrow(why);
  });

  it('never rejects a name with a line break in the message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        try {
          assertStreamName(name);
        } catch (error) {
          expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        }
      }),
    );
  });
});
