import { HttpAdapterHost } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/common/clock.js';
import { loadConfig, type OpenEndpoints } from '../../src/config/index.js';
import {
  AuthenticationError,
  ConnectionError,
  type AuthenticatedCaller,
  SERVICE_UPTIME_PREFIX,
} from '../../src/event-store/domain/index.js';
import { ReadModels, StoreWatch } from '../../src/event-store/index.js';
import { RateLimit } from '../../src/http/index.js';
import { Authenticator, SelfProbeCredential } from '../../src/identity/index.js';
import { type ErrorDetail } from '../../src/uptime/domain/index.js';
import { ChangeFeed } from '../../src/uptime/live-feed/change-feed.js';
import { LiveFeedGateway } from '../../src/uptime/live-feed/live-feed.gateway.js';
import { MemoryEventStore } from './memory-event-store.js';
import { MemoryLog } from './memory-log.js';
import { ManualClock, NOON, uptimeEvents } from './probed-service.js';

/** Upgrades of one address or user. */
export const RATE_LIMIT = 200;

export const STATUS = { serviceName: 'http', currentStatus: 'unknown', lastStatusChange: null, lastProbe: null };

const UPGRADE =
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** Live feed of one service behind an HTTP server of its own; a new one for each test. Timers of intervals are fake. */
class UptimeFeed {
  readonly own = new SelfProbeCredential();
  readonly openEndpoints = new Set<OpenEndpoints>(['uptime']);
  readonly uptime: { errorDetail: ErrorDetail } = { errorDetail: 'public' };
  readonly store = new MemoryEventStore(uptimeEvents());
  readonly log = new MemoryLog();
  readonly watch = new StoreWatch(this.log, systemClock);
  readonly gateway: LiveFeedGateway;
  readonly #http = createServer((_, response) => response.end('not a feed'));
  readonly #models = new ReadModels(this.store, 'unused');

  constructor() {
    const feed = new ChangeFeed(
      this.#models.project({
        name: 'uptime',
        source: { streamNamePrefixes: [SERVICE_UPTIME_PREFIX] },
        apply: () => undefined,
        clear: () => undefined,
      }),
    );
    const statuses = {
      currentStatuses: (seesErrors: boolean) => [seesErrors ? { ...STATUS, seesErrors } : STATUS],
      isStale: () => false,
      hasService: () => true,
      listen: () => () => undefined,
    };
    const adapterHost = new HttpAdapterHost();
    const adapter = new ExpressAdapter();
    adapter.setHttpServer(this.#http);
    adapterHost.httpAdapter = adapter;
    const authenticator = new Authenticator(
      { verify },
      { verify: () => this.own.caller, listen: () => () => undefined },
      this.own,
    );
    const limits = {
      rateLimit: { windowMs: 60_000, limit: RATE_LIMIT, limitPerUser: RATE_LIMIT },
      trustedProxies: 1,
    };
    const { openEndpoints, uptime } = this;
    const auth = { trust: { kind: 'development' } as const, userClaim: 'sub', rolesClaim: 'roles', openEndpoints };
    const config = { auth, uptime, http: { ...loadConfig({}).http, ...limits } };
    this.gateway = new LiveFeedGateway(
      adapterHost,
      feed,
      statuses,
      new ManualClock(),
      authenticator,
      config,
      new RateLimit(limits),
      this.own,
      this.watch,
    );
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    this.gateway.onApplicationBootstrap();
    this.#models.start();
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  async stop(): Promise<void> {
    await this.gateway.beforeApplicationShutdown();
    await this.#models.stop();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  /** A client with the messages that it has received. */
  async open(
    path = '/ws/uptime',
    headers: Record<string, string> = {},
  ): Promise<{ socket: WebSocket; received: unknown[] }> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, { headers });
    const received: unknown[] = [];
    socket.on('message', (message: Buffer) => received.push(JSON.parse(message.toString())));
    await once(socket, 'open');
    return { socket, received };
  }

  /** A raw socket after the WebSocket handshake: it sends only what the test sends. */
  async openRaw(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    socket.write(`GET /ws/uptime HTTP/1.1\r\nHost: feed\r\n${UPGRADE}`);
    await once(socket, 'data');
    return socket;
  }

  openConnections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#http.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async answerTo(request: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(request);
    await once(socket, 'close');
    return answer;
  }

  /** @param header lines with their ends */
  upgradeWith(header: string, path = '/ws/uptime'): Promise<string> {
    return this.answerTo(`GET ${path} HTTP/1.1\r\nHost: feed\r\n${header}${UPGRADE}`);
  }
}

/**
 * Test tokens: `olga`, an operator, `alice`, `alice.{milliseconds after noon when it expires}`, and two that are
 * rejected.
 */
async function verify(token: string): Promise<AuthenticatedCaller> {
  const [id = '', lifetime] = token.split('.');
  if (id === 'expired') throw new AuthenticationError('The token has expired; get a new one');
  if (id === 'unchecked') throw new ConnectionError('Tokens cannot be checked now');
  return Promise.resolve({
    kind: 'known',
    id,
    roles: new Set(id === 'olga' ? (['user', 'admin'] as const) : (['user'] as const)),
    ...(lifetime === undefined ? {} : { expiresAt: NOON + Number(lifetime) }),
  });
}

/** The feed of the test that runs. */
export function useUptimeFeed(): UptimeFeed {
  let current: UptimeFeed;
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
    current = new UptimeFeed();
    await current.start();
  });
  afterEach(async () => {
    await current.stop();
    jest.useRealTimers();
  });
  return new Proxy({} as UptimeFeed, {
    get: (_, name) => {
      const value: unknown = Reflect.get(current, name, current);
      return typeof value === 'function' ? (value.bind(current) as unknown) : value;
    },
  });
}
