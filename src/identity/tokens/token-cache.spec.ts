import { type AuthenticatedCaller } from '../../event-store/domain/index.js';
import { TokenCache } from './token-cache.js';

const SECOND = 1_000;

class ManualClock {
  wall = 1_000_000;
  steady = 0;

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.steady;
  }

  advance(milliseconds: number): void {
    this.wall += milliseconds;
    this.steady += milliseconds;
  }
}

describe('TokenCache', () => {
  let clock: ManualClock;
  let tokens: TokenCache;
  const caller = (lifetime: number): AuthenticatedCaller => ({
    kind: 'known',
    id: 'alice',
    roles: new Set(['user']),
    expiresAt: clock.now() + lifetime,
  });

  beforeEach(() => {
    clock = new ManualClock();
    tokens = new TokenCache(clock);
  });

  it('returns a caller for 30 seconds', () => {
    const alice = caller(3_600 * SECOND);
    tokens.add('t', alice);
    clock.advance(30 * SECOND - 1);
    expect(tokens.get('t')).toBe(alice);
    clock.advance(1);
    expect(tokens.get('t')).toBeUndefined();
    expect(tokens.size).toBe(0);
  });

  it('drops a token at its expiry, also after the wall clock is set back', () => {
    tokens.add('t', caller(SECOND));
    clock.wall -= 3_600 * SECOND;
    clock.steady += SECOND;
    expect(tokens.get('t')).toBeUndefined();
    tokens.add('ended', caller(0));
    expect(tokens.get('ended')).toBeUndefined();
  });

  it('evicts the oldest of more than ten thousand tokens', () => {
    const alice = caller(3_600 * SECOND);
    for (let index = 0; index < 10_500; index++) tokens.add(`t${index}`, alice);
    expect(tokens.size).toBe(10_000);
    expect([tokens.get('t0'), tokens.get('t499'), tokens.get('t500'), tokens.get('t10499')]).toEqual([
      undefined,
      undefined,
      alice,
      alice,
    ]);
  });

  it('does not cache tokens longer than 8,192 characters', () => {
    tokens.add('x'.repeat(8_193), caller(3_600 * SECOND));
    expect(tokens.size).toBe(0);
  });
});
