import { HttpAdapterHost } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { sleep, until } from '../../../test/support/eventually.js';
import { MemoryLog } from '../../../test/support/memory-log.js';
import { MemoryEventStore } from '../../../test/support/memory-event-store.js';
import { ManualClock, NOON, uptimeEvents } from '../../../test/support/probed-service.js';
import { systemClock } from '../../common/clock.js';
import { loadConfig, type OpenEndpoints } from '../../config/index.js';
import {
  AuthenticationError,
  ConnectionError,
  type AuthenticatedCaller,
  SERVICE_UPTIME_PREFIX,
} from '../../event-store/domain/index.js';
import { ReadModels, StoreWatch } from '../../event-store/index.js';
import { RateLimit } from '../../http/index.js';
import { Authenticator, SelfProbeCredential } from '../../identity/index.js';
import { changeEventId, toServiceStatusChanged } from '../domain/index.js';
import { LiveFeedGateway } from './live-feed.gateway.js';
import { ChangeFeed } from './change-feed.js';

/** Test tokens: `alice`, `alice.{milliseconds after noon when it expires}`, and two that are rejected. */
async function verify(token: string): Promise<AuthenticatedCaller> {
  const [id = '', lifetime] = token.split('.');
  if (id === 'expired') throw new AuthenticationError('The token has expired; get a new one');
  if (id === 'unchecked') throw new ConnectionError('Tokens cannot be checked now');
  return Promise.resolve({
    kind: 'known',
    id,
    roles: new Set(['user'] as const),
    ...(lifetime === undefined ? {} : { expiresAt: NOON + Number(lifetime) }),
  });
}

/** Upgrades of one address or user. */
const RATE_LIMIT = 200;

const STATUS = { serviceName: 'http', currentStatus: 'unknown', lastStatusChange: null, lastProbe: null };

describe('the live feed', () => {
  let http: Server;
  let port: number;
  let store: MemoryEventStore;
  let models: ReadModels;
  let gateway: LiveFeedGateway;
  let log: MemoryLog;
  let watch: StoreWatch;
  const own = new SelfProbeCredential();
  const openEndpoints = new Set<OpenEndpoints>();

  beforeEach(async () => {
    // Fake timers for the heartbeat only, so that a test controls it.
    jest.useFakeTimers({
      doNotFake: [
        'nextTick',
        'setImmediate',
        'setTimeout',
        'clearTimeout',
        'queueMicrotask',
        'performance',
        'Date',
        'hrtime',
      ],
    });
    http = createServer((_, response) => response.end('not a feed'));
    store = new MemoryEventStore(uptimeEvents());
    models = new ReadModels(store, 'unused');
    log = new MemoryLog();
    watch = new StoreWatch(log, systemClock);
    const feed = new ChangeFeed(
      models.project({
        name: 'uptime',
        source: { streamNamePrefixes: [SERVICE_UPTIME_PREFIX] },
        apply: () => undefined,
        clear: () => undefined,
      }),
    );
    const statuses = { currentStatuses: () => [STATUS], hasService: () => true, listen: () => () => undefined };
    const adapterHost = new HttpAdapterHost();
    const adapter = new ExpressAdapter();
    adapter.setHttpServer(http);
    adapterHost.httpAdapter = adapter;
    const authenticator = new Authenticator({ verify }, { verify: () => own.caller }, own);
    openEndpoints.add('uptime');
    const auth = { trust: { kind: 'development' } as const, userClaim: 'sub', rolesClaim: 'roles', openEndpoints };
    const limits = {
      rateLimit: { windowMs: 60_000, limit: RATE_LIMIT, limitPerUser: RATE_LIMIT },
      trustedProxies: 1,
    };
    const config = { auth, http: { ...loadConfig({}).http, ...limits } };
    const rateLimit = new RateLimit(limits);
    gateway = new LiveFeedGateway(
      adapterHost,
      feed,
      statuses,
      new ManualClock(),
      authenticator,
      config,
      rateLimit,
      own,
      watch,
    );
    gateway.onApplicationBootstrap();
    models.start();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    ({ port } = http.address() as AddressInfo);
  });

  afterEach(async () => {
    await gateway.beforeApplicationShutdown();
    await models.stop();
    http.closeAllConnections();
    http.close();
    jest.useRealTimers();
  });

  /** A client with the messages that it has received. */
  const open = async (
    path = '/ws/uptime',
    headers: Record<string, string> = {},
  ): Promise<{ socket: WebSocket; received: unknown[] }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    const received: unknown[] = [];
    socket.on('message', (message: Buffer) => received.push(JSON.parse(message.toString())));
    await once(socket, 'open');
    return { socket, received };
  };
  const openConnections = (): Promise<number> =>
    new Promise((resolve, reject) => http.getConnections((error, count) => (error ? reject(error) : resolve(count))));
  const change = (index: number, error?: string): ReturnType<typeof toServiceStatusChanged> =>
    toServiceStatusChanged({
      serviceName: 'http',
      status: 'down',
      at: NOON + index,
      duration: 5,
      metadata: error === undefined ? {} : { error },
      eventId: changeEventId('http', 'down', NOON + index),
    });
  /** A raw socket after the WebSocket handshake: it sends only what the test sends. */
  const openRaw = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET /ws/uptime HTTP/1.1\r\nHost: feed\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(socket, 'data');
    return socket;
  };
  const answerTo = async (request: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(request);
    await once(socket, 'close');
    return answer;
  };

  it('sends the current statuses to a new client', async () => {
    const { received } = await open();
    await until(() => received.length > 0);
    expect(received).toEqual([
      {
        type: 'statuses',
        timestamp: '2026-01-01T12:00:00.000Z',
        services: [STATUS],
      },
    ]);
  });

  it('closes all connections when the store was replaced, and refuses others until all is rebuilt', async () => {
    log.append('stream', 2);
    let rebuilt = (): void => undefined;
    watch.listen({ rebuild: () => new Promise((resolve) => (rebuilt = resolve)) });
    await watch.follow().assertSame();
    const { socket } = await open();
    const closed = once(socket, 'close');
    log.events = [];
    const following = watch.follow();
    following.interrupted();
    await expect(following.assertSame()).rejects.toThrow('KurrentDB was replaced');
    expect((await closed)[0]).toBe(1_012);
    await expect(open()).rejects.toThrow('503');
    rebuilt();
    await sleep(0);
    (await open()).socket.close();
  });

  it('sends each recorded change to all clients', async () => {
    const peers = [await open(), await open('/ws/uptime?client=2')];
    await until(() => peers.every(({ received }) => received.length === 1));
    await store.appendToStream('service-uptime-http', change(1));
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

  it('responds to pings', async () => {
    const { socket } = await open();
    socket.ping('are you there');
    expect(String((await once(socket, 'pong'))[0])).toBe('are you there');
  });

  it.each(['/', '/ws', '/ws/uptime/more', '/api/uptime/status'])(
    'returns 404 and closes the connection at %s',
    async (path) => {
      const answer = await answerTo(
        `GET ${path} HTTP/1.1\r\nHost: feed\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
    },
  );

  it('serves a request for an upgrade to another protocol without the upgrade', async () => {
    expect(
      await answerTo('GET /ws/uptime HTTP/1.1\r\nHost: feed\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n'),
    ).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*not a feed$/);
  });

  it('gives an address at most a hundred places, and the own probe one in any case', async () => {
    const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
    const places = await Promise.all(
      Array.from({ length: 100 }, (_, index) => open('/ws/uptime', from(`[2001:db8::${index.toString(16)}]:1`))),
    );
    const another = from('2001:db8:0:0:1::1');
    expect(await upgradeWith('X-Forwarded-For: 2001:db8::ffff\r\n')).toMatch(/^HTTP\/1\.1 503 /);
    await open('/ws/uptime', { ...another, authorization: own.authorization });
    await open('/ws/uptime', { ...another, authorization: 'Bearer alice' });
    await open('/ws/uptime', from('2001:db8:0:1::1'));
    places[0]?.socket.close();
    await until(async () => {
      try {
        await open('/ws/uptime', another);
        return true;
      } catch {
        return false;
      }
    });
  });

  it('counts upgrades of an address in the rate limit, also those that are rejected', async () => {
    const from = (address: string): string => `X-Forwarded-For: ${address}\r\n`;
    for (let port = 1; port <= RATE_LIMIT; port++)
      expect(await upgradeWith(`${from(`192.0.2.1:${port}`)}Authorization: Bearer expired\r\n`)).toMatch(
        /^HTTP\/1.1 401/,
      );
    expect(await upgradeWith(from('192.0.2.1'))).toMatch(
      /^HTTP\/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nConnection: close\r\n/,
    );
    expect(await upgradeWith(`${from('192.0.2.2')}Authorization: Bearer expired\r\n`)).toMatch(/^HTTP\/1.1 401/);
  });

  const upgradeWith = (header: string): Promise<string> =>
    answerTo(
      `GET /ws/uptime HTTP/1.1\r\nHost: feed\r\n${header}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );

  it.each([
    ['Authorization: Bearer expired\r\n', /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/],
    ['Authorization: Basic YTpi\r\n', /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/],
    [
      'Authorization: Bearer alice\r\nX-API-Key: key\r\n',
      /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/,
    ],
    ['Authorization: Bearer unchecked\r\n', /^HTTP\/1\.1 503 Service Unavailable\r\n(?!WWW)/],
  ])('rejects invalid credentials, also when uptime is public: %j', async (header, answer) => {
    expect(await upgradeWith(header)).toMatch(answer);
    openEndpoints.clear();
    expect(await upgradeWith(header)).toMatch(answer);
  });

  it('requires authentication when uptime is not public, and accepts the self-probe credential', async () => {
    openEndpoints.clear();
    expect(await upgradeWith('')).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n/);
    for (const [header, value] of [
      ['authorization', 'Bearer alice'],
      ['x-api-key', 'key'],
      ['authorization', own.authorization],
    ] as const) {
      const { received } = await open('/ws/uptime', { [header]: value });
      await until(() => received.length === 1);
    }
  });

  it('closes the connection when the credentials expire', async () => {
    const { socket } = await open('/ws/uptime', { authorization: 'Bearer alice.100' });
    const staying = await open('/ws/uptime', { authorization: `Bearer alice.${Number.MAX_SAFE_INTEGER}` });
    expect((await once(socket, 'close')).map(String)).toEqual(['1008', 'the credentials have expired']);
    expect(staying.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('closes the connection of a client that sends a message over the size limit', async () => {
    const { socket } = await open();
    socket.send(Buffer.alloc(2_000));
    expect((await once(socket, 'close'))[0]).toBe(1_009);
  });

  it('closes only the connection of a client that does not respond to a ping before the next one', async () => {
    const alive = await open();
    const dead = await openRaw();
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
    const reading = await open();
    const stuck = await openRaw();
    stuck.pause();
    let isGone = false;
    expect(await openConnections()).toBe(2);
    for (let index = 1; !isGone && index < 2_000; index++) {
      await store.appendToStream('service-uptime-http', change(index, 'x'.repeat(50_000)));
      await new Promise((resolve) => setImmediate(resolve));
      isGone = (await openConnections()) === 1;
    }
    expect(isGone).toBe(true);
    const received = reading.received.length;
    await store.appendToStream('service-uptime-http', change(5_000));
    await until(() => reading.received.length > received);
    stuck.destroy();
  });

  it('closes with 1001 when the service shuts down, and rejects new connections', async () => {
    const { socket } = await open();
    const closed = once(socket, 'close');
    const stuck = await openRaw();
    await gateway.beforeApplicationShutdown();
    const told: unknown[] = await closed;
    expect(told.map(String)).toEqual(['1001', 'the service is shutting down']);
    const late = new WebSocket(`ws://127.0.0.1:${port}/ws/uptime`);
    expect(String((await once(late, 'error'))[0])).toContain('503');
    stuck.destroy();
  });
});
