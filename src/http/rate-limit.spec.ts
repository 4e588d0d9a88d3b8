import { type IncomingMessage, type ServerResponse } from 'node:http';
import { AuthenticationError, RateLimitedError, type Role } from '../event-store/domain/index.js';
import { type Identification, identify } from './current-caller.js';
import { RateLimitMiddleware } from './rate-limit.middleware.js';
import { RateLimit } from './rate-limit.js';
import { FixedWindows } from './rate-limit.storage.js';

describe('FixedWindows', () => {
  let now = 0;
  const windows = (maxTrackers?: number): FixedWindows => new FixedWindows(() => now, maxTrackers);
  beforeEach(() => (now = 1_000));

  it('allows requests up to the limit, and blocks until the window of the first request ends', () => {
    const storage = windows();
    expect(storage.increment('a', 10_000, 2)).toEqual({
      totalHits: 1,
      timeToExpire: 10,
      isBlocked: false,
      timeToBlockExpire: 0,
    });
    now += 4_500;
    expect(storage.increment('a', 10_000, 2)).toMatchObject({ totalHits: 2, timeToExpire: 6, isBlocked: false });
    expect(storage.increment('a', 10_000, 2)).toMatchObject({ isBlocked: true, timeToBlockExpire: 6 });
    now += 5_499;
    expect(storage.increment('a', 10_000, 2)).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 });
    now += 1;
    expect(storage.increment('a', 10_000, 2)).toMatchObject({ totalHits: 1, timeToExpire: 10, isBlocked: false });
  });

  it('counts trackers separately', () => {
    const storage = windows();
    storage.increment('a', 1_000, 1);
    expect(storage.increment('b', 1_000, 1)).toMatchObject({ totalHits: 1, isBlocked: false });
    expect(storage.increment('a', 1_000, 1)).toMatchObject({ isBlocked: true });
  });

  it('keeps the count when generations rotate', () => {
    const storage = windows();
    storage.increment('early', 1_000, 9);
    now += 900;
    storage.increment('late', 1_000, 9);
    now += 200;
    storage.increment('other', 1_000, 9);
    expect(storage.increment('late', 1_000, 9)).toMatchObject({ totalHits: 2 });
    now += 700;
    expect(storage.increment('late', 1_000, 9)).toMatchObject({ totalHits: 3 });
  });

  it('drops windows that have ended', () => {
    const storage = windows();
    for (let tracker = 0; tracker < 1_000; tracker++) storage.increment(`a${tracker}`, 1_000, 1);
    now += 1_000;
    storage.increment('b', 1_000, 1);
    now += 1_000;
    storage.increment('c', 1_000, 1);
    expect(storage.size).toBe(2);
  });

  it('bounds the number of windows during a flood from many addresses', () => {
    const storage = windows(100);
    for (let tracker = 0; tracker < 10_000; tracker++) storage.increment(`a${tracker}`, 60_000, 1);
    expect(storage.size).toBeLessThanOrEqual(200);
  });
});

describe('rate limits', () => {
  interface Result {
    readonly headers: Readonly<Record<string, unknown>>;
    readonly error: unknown;
  }

  let middleware: RateLimitMiddleware;
  const limitWith = (trustedProxies: number): RateLimitMiddleware =>
    new RateLimitMiddleware(
      new RateLimit({ rateLimit: { windowMs: 60_000, limit: 2, limitPerUser: 4 }, trustedProxies }),
    );
  beforeEach(() => (middleware = limitWith(0)));

  const send = (
    ip: string,
    identification?: Identification,
    {
      method = 'GET',
      url = '/api/nothing',
      forwardedFor,
    }: { method?: string; url?: string; forwardedFor?: string } = {},
  ): Result => {
    const headers: Record<string, unknown> = {};
    const request = {
      method,
      url,
      socket: { remoteAddress: ip },
      headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
    } as unknown as IncomingMessage;
    if (identification) identify(request, identification);
    const response = {
      setHeader: (name: string, value: unknown) => (headers[name.toLowerCase()] = value),
    } as unknown as ServerResponse;
    let error: unknown;
    middleware.use(request, response, (thrown) => (error = thrown));
    return { headers, error };
  };
  const authenticated = (id: string): Identification => ({
    caller: { kind: 'known', id, roles: new Set<Role>(['user']) },
  });
  const rejections = (times: number, request: () => Result): readonly boolean[] =>
    Array.from({ length: times }, () => request().error instanceof RateLimitedError);

  it('count anonymous requests by address, and authenticated ones by user across addresses', () => {
    expect(rejections(3, () => send('192.0.2.1'))).toEqual([false, false, true]);
    expect(rejections(5, () => send('192.0.2.1', authenticated('alice')))).toEqual([false, false, false, false, true]);
    expect(rejections(1, () => send('192.0.2.2', authenticated('alice')))).toEqual([true]);
    expect(rejections(1, () => send('192.0.2.1', authenticated('bob')))).toEqual([false]);
    expect(rejections(1, () => send('192.0.2.2'))).toEqual([false]);
  });

  it('count requests with rejected credentials by address, which stops guessing', () => {
    const guess = (): Result => send('192.0.2.1', { failure: new AuthenticationError('no') });
    expect(rejections(3, guess)).toEqual([false, false, true]);
    expect(rejections(1, () => send('192.0.2.1'))).toEqual([true]);
  });

  it('count an IPv6 /64 network as one address', () => {
    let host = 0;
    expect(rejections(3, () => send(`2001:db8::${++host}`))).toEqual([false, false, true]);
    expect(rejections(1, () => send('2001:db8:0:1::1'))).toEqual([false]);
  });

  it('count an address in every spelling of a proxy once', () => {
    middleware = limitWith(1);
    const spellings = ['2001:db8::1', '[2001:DB8:0:0::2]', '[2001:db8::1]:567', '[2001:db8::ffff]:568'];
    const through = (forwardedFor: string): boolean =>
      send('10.0.0.1', undefined, { forwardedFor }).error instanceof RateLimitedError;
    expect(spellings.map(through)).toEqual([false, false, true, true]);
    expect(['192.0.2.1', '192.0.2.1:4711', '::ffff:192.0.2.1'].map(through)).toEqual([false, false, true]);
    // What a client invents before the entry of the proxy changes nothing.
    expect(through('198.51.100.1, 192.0.2.1')).toBe(true);
  });

  it('count all methods and paths but reading the health endpoints', () => {
    const livez = (method: string): Result => send('192.0.2.1', undefined, { method, url: '/livez?verbose' });
    expect(rejections(9, () => livez('GET'))).not.toContain(true);
    expect(rejections(3, () => livez('POST'))).toEqual([false, false, true]);
    expect(rejections(1, () => send('192.0.2.1', undefined, { url: '/livez/x' }))).toEqual([true]);
  });

  it('report the remaining requests in headers, and the counted user or address in the message', () => {
    expect(send('192.0.2.1').headers).toEqual({
      'x-ratelimit-limit': 2,
      'x-ratelimit-remaining': 1,
      'x-ratelimit-reset': 60,
    });
    expect(send('192.0.2.1', authenticated('alice')).headers).toMatchObject({
      'x-ratelimit-limit': 4,
      'x-ratelimit-remaining': 3,
    });
    rejections(2, () => send('192.0.2.1'));
    const rejected = send('192.0.2.1');
    expect(rejected.headers['retry-after']).toBe(60);
    expect((rejected.error as Error).message).toBe(
      'Too many requests from address 192.0.2.1: more than 2 in 60 seconds; wait for the seconds in Retry-After',
    );
    rejections(4, () => send('192.0.2.1', authenticated('alice')));
    expect((send('192.0.2.1', authenticated('alice')).error as Error).message).toContain(
      "Too many requests by 'alice': more than 4 in 60 seconds",
    );
  });
});
