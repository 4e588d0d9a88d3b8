import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from '../../../test/support/eventually.js';
import { RATE_LIMIT, useUptimeFeed } from '../../../test/support/uptime-feed.js';

describe('access to the live feed', () => {
  const feed = useUptimeFeed();

  it('gives an address at most a hundred places, and the own probe one in any case', async () => {
    const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
    const places = await Promise.all(
      Array.from({ length: 100 }, (_, index) => feed.open('/ws/uptime', from(`[2001:db8::${index.toString(16)}]:1`))),
    );
    const another = from('2001:db8:0:0:1::1');
    expect(await feed.upgradeWith('X-Forwarded-For: 2001:db8::ffff\r\n')).toMatch(/^HTTP\/1\.1 503 /);
    await feed.open('/ws/uptime', { ...another, authorization: feed.own.authorization });
    await feed.open('/ws/uptime', { ...another, authorization: 'Bearer alice' });
    await feed.open('/ws/uptime', from('2001:db8:0:1::1'));
    places[0]?.socket.close();
    await until(async () => {
      try {
        await feed.open('/ws/uptime', another);
        return true;
      } catch {
        return false;
      }
    });
  });

  it('counts upgrades of an address in the rate limit, also those that are rejected', async () => {
    const from = (address: string): string => `X-Forwarded-For: ${address}\r\n`;
    for (let port = 1; port <= RATE_LIMIT; port++)
      expect(await feed.upgradeWith(`${from(`192.0.2.1:${port}`)}Authorization: Bearer expired\r\n`)).toMatch(
        /^HTTP\/1.1 401/,
      );
    expect(await feed.upgradeWith(from('192.0.2.1'))).toMatch(
      /^HTTP\/1.1 429 Too Many Requests\r\nRetry-After: (?:60|[1-5]?\d)\r\nConnection: close\r\n/,
    );
    expect(await feed.upgradeWith(`${from('192.0.2.2')}Authorization: Bearer expired\r\n`)).toMatch(/^HTTP\/1.1 401/);
  });

  it.each([
    ['Authorization: Bearer expired\r\n', /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/],
    ['Authorization: Basic YTpi\r\n', /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/],
    [
      'Authorization: Bearer alice\r\nX-API-Key: key\r\n',
      /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/,
    ],
    ['Authorization: Bearer unchecked\r\n', /^HTTP\/1\.1 503 Service Unavailable\r\n(?!WWW)/],
  ])('rejects invalid credentials, also when uptime is public: %j', async (header, answer) => {
    expect(await feed.upgradeWith(header)).toMatch(answer);
    feed.openEndpoints.clear();
    expect(await feed.upgradeWith(header)).toMatch(answer);
  });

  it('requires authentication when uptime is not public, and accepts the self-probe credential', async () => {
    feed.openEndpoints.clear();
    expect(await feed.upgradeWith('')).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/);
    for (const [header, value] of [
      ['authorization', 'Bearer alice'],
      ['x-api-key', 'key'],
      ['authorization', feed.own.authorization],
    ] as const) {
      const { received } = await feed.open('/ws/uptime', { [header]: value });
      await until(() => received.length === 1);
    }
  });

  it('closes the connection when the credentials expire', async () => {
    const { socket } = await feed.open('/ws/uptime', { authorization: 'Bearer alice.100' });
    const staying = await feed.open('/ws/uptime', { authorization: `Bearer alice.${Number.MAX_SAFE_INTEGER}` });
    expect((await once(socket, 'close')).map(String)).toEqual(['1008', 'the credentials have expired']);
    expect(staying.socket.readyState).toBe(WebSocket.OPEN);
  });
});
