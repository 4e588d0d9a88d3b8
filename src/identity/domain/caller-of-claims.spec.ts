import fc from 'fast-check';
import { AuthenticationError } from '../../event-store/domain/index.js';
import { callerOfClaims, type Claims } from './caller-of-claims.js';

const NAMES = { userClaim: 'sub', rolesClaim: 'roles' };
const EXP = 1_800_000_000;
const rolesOf = (claims: Claims, rolesClaim: string): string[] =>
  [...callerOfClaims({ sub: 'alice', exp: EXP, ...claims }, { userClaim: 'sub', rolesClaim }).roles].sort();

describe('the caller that claims tell of', () => {
  it('has the id, the roles and the end that they say', () => {
    expect(callerOfClaims({ sub: 'alice', roles: ['admin'], exp: EXP }, NAMES)).toEqual({
      kind: 'known',
      id: 'alice',
      roles: new Set(['user', 'admin']),
      expiresAt: EXP * 1_000,
    });
  });

  it('is called by another claim where one is configured', () => {
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
  ])('is nobody whose id is %j: the message names the claim and the variable', (sub) => {
    expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(AuthenticationError);
    expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(/'sub' must hold the user's id.*AUTH_USER_CLAIM/);
  });

  it.each(['system', 'admin', 'user', '*', 'key:', 'key:loans', '$all', '$admins'])(
    'cannot be called %s, which means something else in permissions',
    (sub) => {
      expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(AuthenticationError);
      expect(() => callerOfClaims({ sub, exp: EXP }, NAMES)).toThrow(/cannot be a user's id/);
    },
  );

  it.each(['alice', 'System', 'keys:1', 'auth0|5f7c8ec7c33c6c004bbafe82', 'alice@example.com', 'Zoë', 'x'.repeat(256)])(
    'can be called %s',
    (sub) => {
      expect(callerOfClaims({ sub, exp: EXP }, NAMES).id).toBe(sub);
    },
  );

  it.each<[string, Claims, string, string[]]>([
    ['a list', { roles: ['admin', 'editor'] }, 'roles', ['admin', 'user']],
    ['a text with blanks', { scope: 'openid  system admin' }, 'scope', ['admin', 'system', 'user']],
    ['an object inside another', { realm_access: { roles: ['system'] } }, 'realm_access.roles', ['system', 'user']],
    [
      'a claim with dots in its name',
      { 'https://penguin.example/roles': ['admin'] },
      'https://penguin.example/roles',
      ['admin', 'user'],
    ],
    ['no claim', {}, 'roles', ['user']],
    ['a list of anything', { roles: [1, null, ['admin'], { admin: true }] }, 'roles', ['user']],
    ['a number', { roles: 7 }, 'roles', ['user']],
    ['names of another case', { roles: ['Admin', 'ADMIN', ' admin'] }, 'roles', ['user']],
    ['a path through a text', { roles: 'admin' }, 'roles.length', ['user']],
    ['a path through a list', { roles: ['admin'] }, 'roles.0', ['user']],
    ['a path through a prototype', {}, 'constructor.name', ['user']],
    ['a path to a prototype', {}, '__proto__', ['user']],
  ])('has the roles that %s holds, and is a user', (_, claims, rolesClaim, roles) => {
    expect(rolesOf(claims, rolesClaim)).toEqual(roles);
  });

  it('takes no role from a prototype', () => {
    const inherited: Claims = Object.create({ roles: ['admin'], sub: 'mallory' }) as Claims;
    expect(() => callerOfClaims(Object.assign(inherited, { exp: EXP }), NAMES)).toThrow(AuthenticationError);
    expect(rolesOf(JSON.parse('{"__proto__":{"roles":["admin"]}}') as Claims, 'roles')).toEqual(['user']);
  });

  it('must have an end', () => {
    expect(() => callerOfClaims({ sub: 'alice' }, NAMES)).toThrow(/exp/);
    expect(callerOfClaims({ sub: 'alice', exp: 1e300 }, NAMES).expiresAt).toBe(8_640_000_000_000_000);
  });

  it('is either known or refused, whatever the claims are', () => {
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
