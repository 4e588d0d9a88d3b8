import fc from 'fast-check';
import { ANONYMOUS, type Caller, type AuthenticatedCaller, type Role, ROLES } from './caller.js';
import {
  type AccessDecision,
  decideAccess,
  defaultPermissions,
  isPublic,
  ownedBy,
  type StreamRight,
} from './stream-access.js';
import { type StreamPermissions } from './stream-metadata.js';
import { identifyStream } from './stream-name.js';

const RIGHTS: readonly StreamRight[] = ['read', 'write', 'admin'];

const authenticated = (id: string, ...roles: readonly Role[]): AuthenticatedCaller => ({
  kind: 'known',
  id,
  roles: new Set<Role>(['user', ...roles]),
});
const CALLERS = {
  anonymous: ANONYMOUS,
  alice: authenticated('alice'),
  bob: authenticated('bob'),
  carol: authenticated('carol'),
  admin: authenticated('root', 'admin'),
  system: authenticated('key:ours', 'system'),
  key: authenticated('key:reports'),
} as const;
type CallerName = keyof typeof CALLERS;

const own = ownedBy('alice');
const PUBLIC: StreamPermissions = { ...own, read: ['*', 'alice'] };
const SHARED: StreamPermissions = { read: ['alice', 'bob', 'key:reports'], write: ['alice', 'bob'], admin: ['alice'] };

/** Decisions on read, write and admin: `+` granted, `a` and `s` overridden by that role, `d` denied, `h` hidden. */
type Row = readonly [
  stream: string,
  permissions: StreamPermissions | undefined,
  expected: Readonly<Record<CallerName, string>>,
];
const ALICES = 'user-alice-profile';
const TABLE: readonly Row[] = [
  [
    ALICES,
    undefined,
    { anonymous: 'hhh', alice: '+++', bob: 'hhh', carol: 'hhh', admin: 'aaa', system: 'sss', key: 'hhh' },
  ],
  [ALICES, own, { anonymous: 'hhh', alice: '+++', bob: 'hhh', carol: 'hhh', admin: 'aaa', system: 'sss', key: 'hhh' }],
  [
    ALICES,
    PUBLIC,
    { anonymous: '+dd', alice: '+++', bob: '+dd', carol: '+dd', admin: '+aa', system: '+ss', key: '+dd' },
  ],
  [
    ALICES,
    SHARED,
    { anonymous: 'hhh', alice: '+++', bob: '++d', carol: 'hhh', admin: 'aaa', system: 'sss', key: '+dd' },
  ],
  // By role, and to everyone for every right.
  [
    ALICES,
    { read: ['user'], write: ['admin'], admin: ['system'] },
    { anonymous: 'hhh', alice: '+dd', bob: '+dd', carol: '+dd', admin: '++a', system: '+s+', key: '+dd' },
  ],
  [
    ALICES,
    { read: ['*'], write: ['*'], admin: ['*'] },
    { anonymous: '+++', alice: '+++', bob: '+++', carol: '+++', admin: '+++', system: '+++', key: '+++' },
  ],
  // The right to write does not include the right to read.
  [
    ALICES,
    { read: [], write: ['bob'], admin: [] },
    { anonymous: 'hhh', alice: 'hhh', bob: 'h+h', carol: 'hhh', admin: 'aaa', system: 'sss', key: 'hhh' },
  ],
  [
    'system-audit-1',
    undefined,
    { anonymous: 'hhh', alice: 'hhh', bob: 'hhh', carol: 'hhh', admin: 'hhh', system: '+++', key: 'hhh' },
  ],
  [
    'system-audit-1',
    { read: ['admin'], write: ['system'], admin: ['system'] },
    { anonymous: 'hhh', alice: 'hhh', bob: 'hhh', carol: 'hhh', admin: '+dd', system: 's++', key: 'hhh' },
  ],
  [
    'service-uptime-http',
    undefined,
    { anonymous: 'hhh', alice: 'hhh', bob: 'hhh', carol: 'hhh', admin: 'hhh', system: '+++', key: 'hhh' },
  ],
  [
    'service-uptime-http',
    { read: ['*'], write: ['system'], admin: ['system'] },
    { anonymous: '+dd', alice: '+dd', bob: '+dd', carol: '+dd', admin: '+dd', system: '+++', key: '+dd' },
  ],
  [
    'connection-test',
    undefined,
    { anonymous: 'hhh', alice: 'hhh', bob: 'hhh', carol: 'hhh', admin: 'hhh', system: '+++', key: 'hhh' },
  ],
  // KurrentDB's own streams are always hidden, independently of their metadata.
  [
    '$ce-user',
    { read: ['*'], write: ['*'], admin: ['*'] },
    { anonymous: 'hhh', alice: 'hhh', bob: 'hhh', carol: 'hhh', admin: 'hhh', system: 'hhh', key: 'hhh' },
  ],
  [
    `$$${ALICES}`,
    own,
    { anonymous: 'hhh', alice: 'hhh', bob: 'hhh', carol: 'hhh', admin: 'hhh', system: 'hhh', key: 'hhh' },
  ],
];

const sign = (decision: AccessDecision): string =>
  ({ granted: '+', denied: 'd', hidden: 'h', overridden: '' })[decision.kind] +
  (decision.kind === 'overridden' ? decision.role.charAt(0) : '');

describe('access to streams', () => {
  const rows = TABLE.flatMap(([name, permissions, expected]) =>
    (Object.keys(CALLERS) as CallerName[]).map((caller) => ({ caller, name, permissions, expected: expected[caller] })),
  );

  it.each(rows)('$caller gets $expected on $name with $permissions', ({ caller, name, permissions, expected }) => {
    expect(RIGHTS.map((right) => sign(decideAccess(CALLERS[caller], right, { name, permissions }))).join('')).toBe(
      expected,
    );
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'length'])('treats a user id %s like any other', (id) => {
    const name = `user-${id}-profile`;
    expect(decideAccess(authenticated(id), 'read', { name, permissions: undefined }).kind).toBe('granted');
    expect(decideAccess(authenticated(id), 'read', { name: ALICES, permissions: own }).kind).toBe('hidden');
    expect(decideAccess(authenticated('bob'), 'write', { name, permissions: ownedBy(id) }).kind).toBe('hidden');
  });

  it('does not treat a stream with a role as user id as one of all callers with the role', () => {
    for (const role of ROLES) {
      const stream = { name: `user-${role}-profile`, permissions: undefined };
      expect(defaultPermissions(identifyStream(stream.name))).toEqual(ownedBy('system'));
      expect(RIGHTS.map((right) => decideAccess(CALLERS.bob, right, stream).kind)).toEqual([
        'hidden',
        'hidden',
        'hidden',
      ]);
    }
  });

  it('does not treat an anonymous caller as a user with such an id, or without id', () => {
    for (const name of ['anonymous', '', 'undefined', 'user']) {
      expect(decideAccess(ANONYMOUS, 'read', { name: ALICES, permissions: ownedBy(name) }).kind).toBe('hidden');
    }
  });

  it('is public if, and only if, everyone may read', () => {
    expect(isPublic(PUBLIC)).toBe(true);
    expect(isPublic({ read: ['alice', 'user'], write: ['*'], admin: ['*'] })).toBe(false);
  });

  const name = fc.oneof(
    fc.constantFrom('alice', 'bob', '*', 'system', 'admin', 'user', '__proto__', 'key:a', ''),
    fc.string({ maxLength: 6 }),
  );
  const names = fc.array(name, { maxLength: 4 });
  const permissions = fc.record({ read: names, write: names, admin: names });
  const caller: fc.Arbitrary<Caller> = fc.oneof(
    fc.constant<Caller>(ANONYMOUS),
    fc.record({
      kind: fc.constant('known' as const),
      id: name.filter((id) => id !== '*'),
      roles: fc.subarray([...ROLES]).map((roles) => new Set(roles)),
    }),
  );
  const streamName = fc.constantFrom(
    ALICES,
    'user-bob-loans-car',
    'system-audit-1',
    'service-uptime-http',
    'something',
    '$ce-user',
  );

  it('never grants access without an entry in the permissions or an overriding role', () => {
    fc.assert(
      fc.property(caller, permissions, streamName, fc.constantFrom(...RIGHTS), (who, lists, stream, right) => {
        const { kind } = decideAccess(who, right, { name: stream, permissions: lists });
        const listed = lists[right].some(
          (entry) => entry === '*' || (who.kind === 'known' && (entry === who.id || who.roles.has(entry as Role))),
        );
        const byRole =
          who.kind === 'known' && (who.roles.has('system') || (who.roles.has('admin') && stream.startsWith('user-')));
        const isIn = !stream.startsWith('$') && (listed || byRole);
        expect(kind === 'granted' || kind === 'overridden').toBe(isIn);
        expect(kind === 'granted').toBe(isIn && listed);
      }),
    );
  });

  it('hides a stream from all callers without the right to read, and only from them', () => {
    fc.assert(
      fc.property(caller, permissions, streamName, fc.constantFrom(...RIGHTS), (who, lists, stream, right) => {
        const { kind } = decideAccess(who, right, { name: stream, permissions: lists });
        const read = decideAccess(who, 'read', { name: stream, permissions: lists }).kind;
        if (kind === 'denied') expect(read).toBe('granted');
        if (kind === 'hidden') expect(read).toBe('hidden');
        expect(read).not.toBe('denied');
      }),
    );
  });
});
