import { type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerException, ThrottlerGuard, type ThrottlerStorage } from '@nestjs/throttler';
import { AuthenticationError, type Role } from '../event-store/domain/index.js';
import { type Identification, identify } from './current-caller.js';
import { rateLimitOptions } from './rate-limit.js';
import { FixedWindows } from './rate-limit.storage.js';

describe('fixed windows', () => {
  let now = 0;
  const windows = (mostTrackers?: number): FixedWindows => new FixedWindows(() => now, mostTrackers);
  beforeEach(() => (now = 1_000));

  it('let through so many as the limit says, and block until the window that the first one opened has ended', async () => {
    const storage = windows();
    expect(await storage.increment('a', 10_000, 2)).toEqual({
      totalHits: 1,
      timeToExpire: 10,
      isBlocked: false,
      timeToBlockExpire: 0,
    });
    now += 4_500;
    expect(await storage.increment('a', 10_000, 2)).toMatchObject({ totalHits: 2, timeToExpire: 6, isBlocked: false });
    expect(await storage.increment('a', 10_000, 2)).toMatchObject({ isBlocked: true, timeToBlockExpire: 6 });
    now += 5_499;
    expect(await storage.increment('a', 10_000, 2)).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 });
    now += 1;
    expect(await storage.increment('a', 10_000, 2)).toMatchObject({ totalHits: 1, timeToExpire: 10, isBlocked: false });
  });

  it('count every tracker by itself', async () => {
    const storage = windows();
    await storage.increment('a', 1_000, 1);
    expect(await storage.increment('b', 1_000, 1)).toMatchObject({ totalHits: 1, isBlocked: false });
    expect(await storage.increment('a', 1_000, 1)).toMatchObject({ isBlocked: true });
  });

  it('go on counting over a change of generations', async () => {
    const storage = windows();
    await storage.increment('early', 1_000, 9);
    now += 900;
    await storage.increment('late', 1_000, 9);
    now += 200;
    await storage.increment('other', 1_000, 9);
    expect(await storage.increment('late', 1_000, 9)).toMatchObject({ totalHits: 2 });
    now += 700;
    expect(await storage.increment('late', 1_000, 9)).toMatchObject({ totalHits: 3 });
  });

  it('are forgotten once they have ended', async () => {
    const storage = windows();
    for (let tracker = 0; tracker < 1_000; tracker++) await storage.increment(`a${tracker}`, 1_000, 1);
    now += 1_000;
    await storage.increment('b', 1_000, 1);
    now += 1_000;
    await storage.increment('c', 1_000, 1);
    expect(storage.size).toBe(2);
  });

  it('are bounded in number, however many addresses a flood comes from', async () => {
    const storage = windows(100);
    for (let tracker = 0; tracker < 10_000; tracker++) await storage.increment(`a${tracker}`, 60_000, 1);
    expect(storage.size).toBeLessThanOrEqual(200);
  });
});

describe('rate limits', () => {
  const options = rateLimitOptions({ windowMs: 60_000, limit: 2, limitPerUser: 4 });
  const route = (): void => undefined;

  interface Answer {
    readonly headers: Readonly<Record<string, unknown>>;
    readonly refusal: unknown;
  }

  let guard: ThrottlerGuard;
  beforeEach(async () => {
    const storage: ThrottlerStorage = new FixedWindows();
    guard = new ThrottlerGuard(options, storage, new Reflector());
    await guard.onModuleInit();
  });

  const ask = async (ip: string, identification?: Identification): Promise<Answer> => {
    const headers: Record<string, unknown> = {};
    const request = { ip, headers: {} };
    if (identification) identify(request as unknown as Parameters<typeof identify>[0], identification);
    const http = {
      getRequest: () => request,
      getResponse: () => ({ header: (name: string, value: unknown) => (headers[name.toLowerCase()] = value) }),
    };
    const context = {
      getHandler: () => route,
      getClass: () => Reflector,
      switchToHttp: () => http,
    } as unknown as ExecutionContext;
    const refusal: unknown = await guard.canActivate(context).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { headers, refusal };
  };
  const known = (id: string): Identification => ({ caller: { kind: 'known', id, roles: new Set<Role>(['user']) } });
  const refusedFrom = async (times: number, request: () => Promise<Answer>): Promise<readonly boolean[]> => {
    const answers: boolean[] = [];
    for (let time = 0; time < times; time++) answers.push((await request()).refusal instanceof ThrottlerException);
    return answers;
  };

  it('hold for an address as long as nobody says who asks, and for a user wherever it asks from', async () => {
    expect(await refusedFrom(3, () => ask('192.0.2.1'))).toEqual([false, false, true]);
    expect(await refusedFrom(5, () => ask('192.0.2.1', known('alice')))).toEqual([false, false, false, false, true]);
    expect(await refusedFrom(1, () => ask('192.0.2.2', known('alice')))).toEqual([true]);
    expect(await refusedFrom(1, () => ask('192.0.2.1', known('bob')))).toEqual([false]);
    expect(await refusedFrom(1, () => ask('192.0.2.2'))).toEqual([false]);
  });

  it('count refused credentials for the address, so that nobody can guess on', async () => {
    const guess = (): Promise<Answer> => ask('192.0.2.1', { failure: new AuthenticationError('no') });
    expect(await refusedFrom(3, guess)).toEqual([false, false, true]);
    expect(await refusedFrom(1, () => ask('192.0.2.1'))).toEqual([true]);
  });

  it('take an IPv6 network of 64 bits for one address', async () => {
    let host = 0;
    expect(await refusedFrom(3, () => ask(`2001:db8::${++host}`))).toEqual([false, false, true]);
    expect(await refusedFrom(1, () => ask('2001:db8:0:1::1'))).toEqual([false]);
  });

  it('tell what is left, and who was counted', async () => {
    expect((await ask('192.0.2.1')).headers).toEqual({
      'x-ratelimit-limit': 2,
      'x-ratelimit-remaining': 1,
      'x-ratelimit-reset': 60,
    });
    expect((await ask('192.0.2.1', known('alice'))).headers).toMatchObject({
      'x-ratelimit-limit': 4,
      'x-ratelimit-remaining': 3,
    });
    await refusedFrom(2, () => ask('192.0.2.1'));
    const refused = await ask('192.0.2.1');
    expect(refused.headers['retry-after']).toBe(60);
    expect((refused.refusal as Error).message).toBe(
      'Too many requests from address 192.0.2.1: more than 2 in 60 seconds; wait as long as Retry-After says',
    );
    await refusedFrom(4, () => ask('192.0.2.1', known('alice')));
    expect(((await ask('192.0.2.1', known('alice'))).refusal as Error).message).toContain(
      "Too many requests by 'alice': more than 4 in 60 seconds",
    );
  });
});
