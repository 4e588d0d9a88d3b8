import fc from 'fast-check';
import { AuthenticationError } from '../../event-store/domain/index.js';
import { callerOfClaims, type Claims } from './caller-of-claims.js';

const NAMES = { userClaim: 'sub', rolesClaim: 'roles' };
const EXP = 1_800_000_000;
const rolesOf = (claims: Claims, rolesClaim: string): string[] =>
  [...callerOfClaims({ sub: 'alice', exp: EXP, ...claims }, { userClaim: 'sub', rolesClaim }).roles].sort();

describe('callerOfClaims', () => {
  it('returns the id, the roles and the expiry', () => {
    expect(callerOfClaims({ sub: 'alice', roles: ['admin'], exp: EXP }, NAMES)).toEqual({
      kind: 'known',
      id: 'alice',
      roles: new Set(['user', 'admin']),
      expiresAt: EXP * 1_000,
    });
  });

  it('reads the id from the configured claim', () => {
    expect(
      callerOfClaims({ sub: '1', preferred_username: 'alice', exp: EXP }, { ...NAMES, userClaim: 'preferred_username' })
        .id,
    ).toBe('alice');
  });

  it.each([
    [undefined],
    [null],
    [''],
    [7],
    [['alice']],
    [{ id: 'alice' }],
    ['x'.repeat(257)],
    [' alice'],
    ['alice\n'],
    ['al\u0000ice'],
    ['al\u202eice'],
    ['a\u2028b'],
    ['\ud800'],
  ])('rejects the id %j, and names the claim and the variable', (sub) => {
    expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(AuthenticationError);
    expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(/'sub' must be the user's id.*AUTH_USER_CLAIM/);
  });

  it.each(['system', 'admin', 'user', '*', 'key:', 'key:loans', '$all', '$admins'])(
    'rejects the reserved id %s',
    (sub) => {
      expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(AuthenticationError);
      expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(/cannot be a user's id/);
    },
  );

  it.each(['alice', 'System', 'keys:1', 'auth0|5f7c8ec7c33c6c004bbafe82', 'alice@example.com', 'Zoë', 'x'.repeat(256)])(
    'accepts the id %s',
    (sub) => {
      expect(callerOfClaims({ sub, exp: EXP }, NAMES).id).toBe(sub);
    },
  );

  it.each<[string, Claims, string, string[]]>([
    ['an array', { roles: ['admin', 'editor'] }, 'roles', ['admin', 'user']],
    ['a space-separated string', { scope: 'openid  system admin' }, 'scope', ['admin', 'system', 'user']],
    ['an object inside another', { realm_access: { roles: ['system'] } }, 'realm_access.roles', ['system', 'user']],
    [
      'a claim with dots in its name',
      { 'https://penguin.example/roles': ['admin'] },
      'https://penguin.example/roles',
      ['admin', 'user'],
    ],
    ['no claim', {}, 'roles', ['user']],
    ['an array of other values', { roles: [1, null, ['admin'], { admin: true }] }, 'roles', ['user']],
    ['a number', { roles: 7 }, 'roles', ['user']],
    ['names of another case', { roles: ['Admin', 'ADMIN', ' admin'] }, 'roles', ['user']],
    ['a path through a string', { roles: 'admin' }, 'roles.length', ['user']],
    ['a path through an array', { roles: ['admin'] }, 'roles.0', ['user']],
    ['a path through a prototype', {}, 'constructor.name', ['user']],
    ['a path to a prototype', {}, '__proto__', ['user']],
  ])('reads the roles from %s, and adds user', (_, claims, rolesClaim, roles) => {
    expect(rolesOf(claims, rolesClaim)).toEqual(roles);
  });

  it('ignores inherited claims', () => {
    const inherited: Claims = Object.create({ roles: ['admin'], sub: 'mallory' }) as Claims;
    expect(() => callerOfClaims(Object.assign(inherited, { exp: EXP }), NAMES)).toThrow(AuthenticationError);
    expect(rolesOf(JSON.parse('{"__proto__":{"roles":["admin"]}}') as Claims, 'roles')).toEqual(['user']);
  });

  it('requires an expiry', () => {
    expect(() => callerOfClaims({ sub: 'alice' }, NAMES)).toThrow(/exp/);
    expect(callerOfClaims({ sub: 'alice', exp: 1e300 }, NAMES).expiresAt).toBe(8_640_000_000_000_000);
  });

  it('returns a caller or throws AuthenticationError for any claims', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.string(),
        (claims, userClaim, rolesClaim) => {
          try {
            expect(callerOfClaims(claims, { userClaim, rolesClaim }).roles.has('user')).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(AuthenticationError);
          }
        },
      ),
    );
  });
});
