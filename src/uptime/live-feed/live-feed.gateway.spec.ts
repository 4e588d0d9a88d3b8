import { once } from 'node:events';
import { WebSocket } from 'ws';
import { sleep, until } from '../../../test/support/eventually.js';
import { STATUS, useUptimeFeed } from '../../../test/support/uptime-feed.js';
import { NOON } from '../../../test/support/probed-service.js';
import { changeEventId, toServiceStatusChanged } from '../domain/index.js';

describe('the live feed', () => {
  const feed = useUptimeFeed();
  const change = (index: number, error?: string): ReturnType<typeof toServiceStatusChanged> =>
    toServiceStatusChanged({
      serviceName: 'http',
      status: 'down',
      at: NOON + index,
      duration: 5,
      metadata: error === undefined ? {} : { error },
      eventId: changeEventId('http', 'down', NOON + index),
    });

  it('sends the current statuses to a new client', async () => {
    const { received } = await feed.open();
    await until(() => received.length > 0);
    expect(received).toEqual([
      {
        type: 'statuses',
        timestamp: '2026-01-01T12:00:00.000Z',
        services: [{ ...STATUS, seesErrors: true }],
      },
    ]);
  });

  it('closes all connections when the store was replaced, and refuses others until all is rebuilt', async () => {
    feed.log.append('stream', 2);
    let rebuilt = (): void => undefined;
    feed.watch.listen({ rebuild: () => new Promise((resolve) => (rebuilt = resolve)) });
    await feed.watch.follow().assertSame();
    const { socket } = await feed.open();
    const closed = once(socket, 'close');
    feed.log.events = [];
    const following = feed.watch.follow();
    following.interrupted();
    await expect(following.assertSame()).rejects.toThrow('KurrentDB was replaced');
    expect((await closed)[0]).toBe(1_012);
    await expect(feed.open()).rejects.toThrow('503');
    rebuilt();
    await sleep(0);
    (await feed.open()).socket.close();
  });

  it('sends each recorded change to all clients', async () => {
    const peers = [await feed.open(), await feed.open('/ws/uptime?client=2')];
    await until(() => peers.every(({ received }) => received.length === 1));
    await feed.store.appendToStream('service-uptime-http', change(1));
    await until(() => peers.every(({ received }) => received.length === 2));
    for (const { received } of peers)
      expect(received[1]).toMatchObject({
        type: 'ServiceStatusChanged',
        serviceName: 'http',
        status: 'down',
        timestamp: '2026-01-01T12:00:00.001Z',
        duration: 5,
      });
  });

  it('tells the kind of an error, and its text to operators', async () => {
    feed.uptime.errorDetail = 'operators';
    const peers = [await feed.open(), await feed.open('/ws/uptime', { authorization: 'Bearer olga' })];
    await until(() => peers.every(({ received }) => received.length === 1));
    await feed.store.appendToStream('service-uptime-http', change(1, 'connection refused by 10.1.2.3:5432'));
    await until(() => peers.every(({ received }) => received.length === 2));
    expect(peers.map(({ received }) => received[0])).toMatchObject([
      { services: [STATUS] },
      { services: [{ ...STATUS, seesErrors: true }] },
    ]);
    expect(peers[0]?.received[0]).not.toHaveProperty('services.0.seesErrors');
    expect(peers.map(({ received }) => received[1])).toMatchObject([
      { metadata: { error: 'connection refused by #' } },
      { metadata: { error: 'connection refused by 10.1.2.3:5432' } },
    ]);
  });

  it('responds to pings', async () => {
    const { socket } = await feed.open();
    socket.ping('are you there');
    expect(String((await once(socket, 'pong'))[0])).toBe('are you there');
  });

  it.each(['/', '/ws', '/ws/uptime/more', '/api/uptime/status'])(
    'returns 404 and closes the connection at %s',
    async (path) => {
      const answer = await feed.answerTo(
        `GET ${path} HTTP/1.1\r\nHost: feed\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
    },
  );

  it('serves a request for an upgrade to another protocol without the upgrade', async () => {
    expect(
      await feed.answerTo(
        'GET /ws/uptime HTTP/1.1\r\nHost: feed\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*not a feed$/);
  });

  it('closes the connection of a client that sends a message over the size limit', async () => {
    const { socket } = await feed.open();
    socket.send(Buffer.alloc(2_000));
    expect((await once(socket, 'close'))[0]).toBe(1_009);
  });

  it('closes only the connection of a client that does not respond to a ping before the next one', async () => {
    const alive = await feed.open();
    const dead = await feed.openRaw();
    const ended = once(dead, 'close');
    dead.resume();
    const pinged = once(alive.socket, 'ping');
    jest.advanceTimersByTime(30_000);
    await pinged;
    await sleep(50);
    expect(dead.destroyed).toBe(false);
    jest.advanceTimersByTime(30_000);
    await ended;
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('terminates a client that does not read, and keeps sending to the others', async () => {
    const reading = await feed.open();
    const stuck = await feed.openRaw();
    stuck.pause();
    let isGone = false;
    expect(await feed.openConnections()).toBe(2);
    for (let index = 1; !isGone && index < 2_000; index++) {
      await feed.store.appendToStream('service-uptime-http', change(index, 'x'.repeat(50_000)));
      await new Promise((resolve) => setImmediate(resolve));
      isGone = (await feed.openConnections()) === 1;
    }
    expect(isGone).toBe(true);
    const received = reading.received.length;
    await feed.store.appendToStream('service-uptime-http', change(5_000));
    await until(() => reading.received.length > received);
    stuck.destroy();
  });

  it('closes with 1001 when the service shuts down, and rejects new connections', async () => {
    const { socket } = await feed.open();
    const closed = once(socket, 'close');
    const stuck = await feed.openRaw();
    await feed.gateway.beforeApplicationShutdown();
    const told: unknown[] = await closed;
    expect(told.map(String)).toEqual(['1001', 'the service is shutting down']);
    const late = new WebSocket(`ws://127.0.0.1:${feed.port}/ws/uptime`);
    expect(String((await once(late, 'error'))[0])).toContain('503');
    stuck.destroy();
  });
});
