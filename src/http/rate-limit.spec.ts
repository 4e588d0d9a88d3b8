import { type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerException, ThrottlerGuard, type ThrottlerStorage } from '@nestjs/throttler';
import { AuthenticationError, type Role } from '../event-store/domain/index.js';
import { type Identification, identify } from './current-caller.js';
import { rateLimitOptions } from './rate-limit.js';
import { FixedWindows } from './rate-limit.storage.js';

describe('FixedWindows', () => {
  let now = 0;
  const windows = (maxTrackers?: number): FixedWindows => new FixedWindows(() => now, maxTrackers);
  beforeEach(() => (now = 1_000));

  it('allows requests up to the limit, and blocks until the window of the first request ends', async () => {
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

  it('counts trackers separately', async () => {
    const storage = windows();
    await storage.increment('a', 1_000, 1);
    expect(await storage.increment('b', 1_000, 1)).toMatchObject({ totalHits: 1, isBlocked: false });
    expect(await storage.increment('a', 1_000, 1)).toMatchObject({ isBlocked: true });
  });

  it('keeps the count when generations rotate', async () => {
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

  it('drops windows that have ended', async () => {
    const storage = windows();
    for (let tracker = 0; tracker < 1_000; tracker++) await storage.increment(`a${tracker}`, 1_000, 1);
    now += 1_000;
    await storage.increment('b', 1_000, 1);
    now += 1_000;
    await storage.increment('c', 1_000, 1);
    expect(storage.size).toBe(2);
  });

  it('bounds the number of windows during a flood from many addresses', async () => {
    const storage = windows(100);
    for (let tracker = 0; tracker < 10_000; tracker++) await storage.increment(`a${tracker}`, 60_000, 1);
    expect(storage.size).toBeLessThanOrEqual(200);
  });
});

describe('rate limits', () => {
  const options = rateLimitOptions({ windowMs: 60_000, limit: 2, limitPerUser: 4 });
  const route = (): void => undefined;

  interface GuardResult {
    readonly headers: Readonly<Record<string, unknown>>;
    readonly error: unknown;
  }

  let guard: ThrottlerGuard;
  beforeEach(async () => {
    const storage: ThrottlerStorage = new FixedWindows();
    guard = new ThrottlerGuard(options, storage, new Reflector());
    await guard.onModuleInit();
  });

  const send = async (ip: string, identification?: Identification): Promise<GuardResult> => {
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
    const error: unknown = await guard.canActivate(context).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { headers, error };
  };
  const authenticated = (id: string): Identification => ({
    caller: { kind: 'known', id, roles: new Set<Role>(['user']) },
  });
  const rejections = async (times: number, request: () => Promise<GuardResult>): Promise<readonly boolean[]> => {
    const rejected: boolean[] = [];
    for (let time = 0; time < times; time++) rejected.push((await request()).error instanceof ThrottlerException);
    return rejected;
  };

  it('count anonymous requests by address, and authenticated ones by user across addresses', async () => {
    expect(await rejections(3, () => send('192.0.2.1'))).toEqual([false, false, true]);
    expect(await rejections(5, () => send('192.0.2.1', authenticated('alice')))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(await rejections(1, () => send('192.0.2.2', authenticated('alice')))).toEqual([true]);
    expect(await rejections(1, () => send('192.0.2.1', authenticated('bob')))).toEqual([false]);
    expect(await rejections(1, () => send('192.0.2.2'))).toEqual([false]);
  });

  it('count requests with rejected credentials by address, which stops guessing', async () => {
    const guess = (): Promise<GuardResult> => send('192.0.2.1', { failure: new AuthenticationError('no') });
    expect(await rejections(3, guess)).toEqual([false, false, true]);
    expect(await rejections(1, () => send('192.0.2.1'))).toEqual([true]);
  });

  it('count an IPv6 /64 network as one address', async () => {
    let host = 0;
    expect(await rejections(3, () => send(`2001:db8::${++host}`))).toEqual([false, false, true]);
    expect(await rejections(1, () => send('2001:db8:0:1::1'))).toEqual([false]);
  });

  it('report the remaining requests in headers, and the counted user or address in the message', async () => {
    expect((await send('192.0.2.1')).headers).toEqual({
      'x-ratelimit-limit': 2,
      'x-ratelimit-remaining': 1,
      'x-ratelimit-reset': 60,
    });
    expect((await send('192.0.2.1', authenticated('alice'))).headers).toMatchObject({
      'x-ratelimit-limit': 4,
      'x-ratelimit-remaining': 3,
    });
    await rejections(2, () => send('192.0.2.1'));
    const rejected = await send('192.0.2.1');
    expect(rejected.headers['retry-after']).toBe(60);
    expect((rejected.error as Error).message).toBe(
      'Too many requests from address 192.0.2.1: more than 2 in 60 seconds; wait for the seconds in Retry-After',
    );
    await rejections(4, () => send('192.0.2.1', authenticated('alice')));
    expect(((await send('192.0.2.1', authenticated('alice'))).error as Error).message).toContain(
      "Too many requests by 'alice': more than 4 in 60 seconds",
    );
  });
});
