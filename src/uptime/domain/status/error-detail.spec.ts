import { type Caller } from '../../../event-store/domain/index.js';
import { seesErrors, withErrorKind } from './error-detail.js';

describe('the part of an error that a caller gets', () => {
  it.each([
    ['connection refused by 10.1.2.3:5432', 'connection refused by #'],
    ['connection refused by db:5432', 'connection refused by #'],
    [
      'no address found for db.internal:5432: the DNS server did not respond',
      'no address found for #: the DNS server did not respond',
    ],
    ['[fd00::7]:443 does not speak TLS', '# does not speak TLS'],
    [
      "the certificate of the authority 'Internal CA' in the chain of db.internal:443 has expired",
      'the certificate of the authority # in the chain of # has expired',
    ],
    ["password rejected for user 'monitor'", 'password rejected for user #'],
    ['the query failed: relation loans of host pg-7 is locked', 'the query failed'],
    ['10.1.2.3:3306 rejected the connection: Host gateway is blocked', '# rejected the connection'],
    ['answered 503, expected 200', 'answered 503, expected #'],
  ])('%s: its kind is %s', (error, kind) => {
    expect(withErrorKind({ error, responseTime: 3 })).toEqual({ error: kind, responseTime: 3 });
  });

  it('is nothing without an error', () => {
    const evidence: { readonly responseTime: number; readonly error?: string } = { responseTime: 3 };
    expect(withErrorKind(evidence)).toEqual({ responseTime: 3 });
  });

  it('is the full text for the roles admin and system, and for everyone if it is public', () => {
    const known = (...roles: ('admin' | 'system' | 'user')[]): Caller => ({
      kind: 'known',
      id: 'a',
      roles: new Set(roles),
    });
    const callers: Caller[] = [{ kind: 'anonymous' }, known('user'), known('user', 'admin'), known('system')];
    expect(callers.map((caller) => seesErrors(caller, 'operators'))).toEqual([false, false, true, true]);
    expect(callers.map((caller) => seesErrors(caller, 'public'))).toEqual([true, true, true, true]);
  });
});
