import fc from 'fast-check';
import { AuthenticationError, PermissionError, type DomainError } from '../../errors/index.js';
import { ANONYMOUS, type Caller, type AuthenticatedCaller, type Role, ROLES } from './caller.js';
import { StreamNotFoundError } from './errors.js';
import { type ProtectedStream, ownedBy, type StreamRight } from './stream-access.js';
import { type Override, StreamAuthorizer } from './stream-authorizer.js';

const authenticated = (id: string, ...roles: readonly Role[]): AuthenticatedCaller => ({
  kind: 'known',
  id,
  roles: new Set<Role>(['user', ...roles]),
});
const [ALICE, BOB, ADMIN, SYSTEM] = [
  authenticated('alice'),
  authenticated('bob'),
  authenticated('root', 'admin'),
  authenticated('key:ours', 'system'),
];
const PRIVATE: ProtectedStream = { name: 'user-alice-profile', permissions: ownedBy('alice') };
const PUBLIC: ProtectedStream = {
  name: 'user-alice-offers',
  permissions: { ...ownedBy('alice'), read: ['*', 'alice'] },
};
/** A stream that does not exist. */
const MISSING: ProtectedStream = { name: 'user-alice-profile', permissions: undefined };

function authorizerWithObserver(): { readonly authorizer: StreamAuthorizer; readonly overrides: Override[] } {
  const overrides: Override[] = [];
  return { authorizer: new StreamAuthorizer({ overridden: (override) => overrides.push(override) }), overrides };
}

const refusal = (caller: Caller, right: StreamRight, stream: ProtectedStream): DomainError | undefined => {
  try {
    authorizerWithObserver().authorizer.assertMay(caller, right, stream);
    return undefined;
  } catch (error) {
    return error as DomainError;
  }
};

describe('stream authorizer', () => {
  it.each([
    ['an anonymous caller', ANONYMOUS, 'read', PRIVATE, StreamNotFoundError],
    ['an anonymous caller', ANONYMOUS, 'write', PRIVATE, AuthenticationError],
    ['an anonymous caller', ANONYMOUS, 'admin', PUBLIC, AuthenticationError],
    ['another user', BOB, 'read', PRIVATE, StreamNotFoundError],
    ['another user', BOB, 'write', PRIVATE, PermissionError],
    ['another user', BOB, 'write', PUBLIC, PermissionError],
    ['another user', BOB, 'admin', PUBLIC, PermissionError],
    ['an admin', ADMIN, 'read', { name: 'system-audit-1', permissions: undefined }, StreamNotFoundError],
    ['a service', SYSTEM, 'read', { name: '$streams', permissions: undefined }, StreamNotFoundError],
  ] as const)('rejects %s for the right %s on %p', (_who, caller, right, stream, expectedError) => {
    expect(refusal(caller, right, stream)).toBeInstanceOf(expectedError);
  });

  it('allows the owner everything, and everyone to read a public stream, without a report', () => {
    const { authorizer, overrides } = authorizerWithObserver();
    for (const right of ['read', 'write', 'admin'] as const) authorizer.assertMay(ALICE, right, PRIVATE);
    authorizer.assertMay(ANONYMOUS, 'read', PUBLIC);
    expect(overrides).toEqual([]);
  });

  it('names the missing right and who can grant it, and nothing else', () => {
    const error = refusal(BOB, 'write', PUBLIC);
    expect(error).toMatchObject({ streamName: PUBLIC.name, details: { right: 'write' } });
    expect(error?.message).toBe(
      "You do not have the right 'write' on stream 'user-alice-offers'; a caller with the right 'admin' can grant it",
    );
  });

  it('gives the same error for a hidden stream as for a missing one', () => {
    const caller = fc.oneof(
      fc.constant<Caller>(ANONYMOUS),
      fc.record({
        kind: fc.constant('known' as const),
        id: fc.constantFrom('bob', 'key:a', 'carol'),
        roles: fc
          .subarray(ROLES.filter((role) => role !== 'system' && role !== 'admin'))
          .map((roles) => new Set(roles)),
      }),
    );
    const names = fc.array(fc.constantFrom('alice', 'dave', 'system', 'admin'));
    fc.assert(
      fc.property(
        caller,
        fc.record({ read: names, write: names, admin: names }),
        fc.constantFrom<StreamRight>('read', 'write', 'admin'),
        (who, permissions, right) => {
          const hidden = refusal(who, right, { ...PRIVATE, permissions });
          const missing = refusal(who, right, MISSING);
          expect(hidden).toBeDefined();
          expect({ type: hidden?.type, message: hidden?.message, details: hidden?.details }).toEqual({
            type: missing?.type,
            message: missing?.message,
            details: missing?.details,
          });
        },
      ),
    );
  });

  it('reports each access granted by a role', () => {
    const { authorizer, overrides } = authorizerWithObserver();
    authorizer.assertMay(ADMIN, 'write', PUBLIC);
    authorizer.assertMay(ADMIN, 'read', PUBLIC);
    authorizer.assertMay(SYSTEM, 'read', PRIVATE);
    expect(overrides).toEqual([
      { callerId: 'root', role: 'admin', right: 'write', streamNames: [PUBLIC.name] },
      { callerId: 'key:ours', role: 'system', right: 'read', streamNames: [PRIVATE.name] },
    ]);
  });

  it('selects the readable streams, and reports those opened by a role once, with all names', () => {
    const streams = [
      PUBLIC,
      PRIVATE,
      { name: 'user-bob-loans', permissions: undefined },
      { name: 'system-audit-1', permissions: undefined },
    ];
    const { authorizer, overrides } = authorizerWithObserver();
    expect(authorizer.select(ALICE, 'read', streams)).toEqual([PUBLIC, PRIVATE]);
    expect(authorizer.select(ANONYMOUS, 'read', streams)).toEqual([PUBLIC]);
    expect(overrides).toEqual([]);
    expect(authorizer.select(ADMIN, 'read', streams)).toEqual(streams.slice(0, 3));
    expect(overrides).toEqual([
      { callerId: 'root', role: 'admin', right: 'read', streamNames: [PRIVATE.name, 'user-bob-loans'] },
    ]);
    expect(authorizer.select(BOB, 'read', [PRIVATE])).toEqual([]);
    expect(overrides).toHaveLength(1);
  });

  it('checks a right without a report', () => {
    const { authorizer, overrides } = authorizerWithObserver();
    expect(authorizer.has(ADMIN, 'admin', PRIVATE)).toBe(true);
    expect(authorizer.has(ALICE, 'admin', PRIVATE)).toBe(true);
    expect(authorizer.has(BOB, 'read', PRIVATE)).toBe(false);
    expect(authorizer.has(BOB, 'write', PUBLIC)).toBe(false);
    expect(overrides).toEqual([]);
  });

  it('makes the same decision in assertMay, select and has', () => {
    const caller = fc.constantFrom<Caller>(ANONYMOUS, ALICE, BOB, ADMIN, SYSTEM);
    const stream = fc.constantFrom(
      PRIVATE,
      PUBLIC,
      MISSING,
      { name: 'system-x', permissions: undefined },
      { name: '$x', permissions: undefined },
    );
    fc.assert(
      fc.property(caller, stream, fc.constantFrom<StreamRight>('read', 'write', 'admin'), (who, which, right) => {
        const { authorizer } = authorizerWithObserver();
        expect(authorizer.has(who, right, which)).toBe(refusal(who, right, which) === undefined);
        expect(authorizer.select(who, right, [which])).toEqual(authorizer.has(who, right, which) ? [which] : []);
      }),
    );
  });
});
