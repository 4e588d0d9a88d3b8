import fc from 'fast-check';
import { ValidationError } from './errors.js';
import { assertStreamName, identifyStream, isServiceName, MAX_STREAM_NAME_BYTES, serviceUptimeStream, USER_STREAM_TYPES } from './stream-name.js';

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
    ['$ce-user', { kind: 'kurrentdb' }],
    ['$$service-uptime-http', { kind: 'kurrentdb' }],
    ['connection-test', { kind: 'other' }],
  ])('%s is recognised', (name, identity) => {
    expect(identifyStream(name)).toEqual(identity);
  });

  it('parse back to the user they were made for, whatever the user is called', () => {
    const userId = fc.stringMatching(/^[\w.@-]{1,20}$/).filter((id) => !USER_STREAM_TYPES.some((type) => `-${id}-`.includes(`-${type}-`)));
    const category = fc.option(fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,4})?$/), { nil: undefined });
    fc.assert(
      fc.property(userId, fc.constantFrom(...USER_STREAM_TYPES), category, (id, type, suffix) => {
        expect(identifyStream(`user-${id}-${type}${suffix === undefined ? '' : `-${suffix}`}`)).toEqual({ kind: 'user', userId: id, type, category: suffix ?? 'default' });
      }),
    );
  });

  it.each(['http', 'pay.api', 'a-1_b', 'x'.repeat(64)])('%s may name a service', (name) => {
    expect(isServiceName(name)).toBe(true);
    expect(serviceUptimeStream(name)).toBe(`service-uptime-${name}`);
  });

  it.each(['', 'HTTP', '-a', 'a-', 'a--b', 'a b', 'ä', 'a/b', '__proto__', 'x'.repeat(65), '$x'])('%p may not name a service', (name) => {
    expect(isServiceName(name)).toBe(false);
    expect(() => serviceUptimeStream(name)).toThrow(ValidationError);
  });

  it.each(['a', 'ünïcödé-流', '$$x', '🐧'.repeat(128)])('%p may name a stream', (name) => {
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
  ])('%p may not name a stream, and the message says why', (name, why) => {
    expect(() => assertStreamName(name)).toThrow(why);
  });

  it('never lets a refused name break a line of its message', () => {
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
