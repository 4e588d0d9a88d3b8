import { toTimestamp } from '../../common/time.js';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeWithin } from '../../common/wait.js';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { type Caller, CLOCK, type Clock } from '../../event-store/index.js';
import { Authenticator } from '../../identity/index.js';
import { ChangeFeed } from './change-feed.js';
import { LIVE_FEED_PATH, STATUS_SNAPSHOT, type StatusSnapshot } from '../domain/index.js';

const MAX_CONNECTIONS = 1_000;
/** The feed is told nothing, so that nothing larger needs to be read. */
const MAX_INCOMING_BYTES = 1_024;
/** A peer that lets so much pile up does not read; it is let go before it takes the memory of the others. */
const MAX_UNREAD_BYTES = 262_144;
/** A peer that has not answered a ping when the next one is due is dead. */
const HEARTBEAT_MS = 30_000;
/** How long peers may take to close when the service shuts down. */
const CLOSE_WITHIN_MS = 1_000;
/** RFC 6455, 7.4.1: the server goes away. */
const GOING_AWAY = 1_001;
/** RFC 6455, 7.4.1: against the policy of the server. */
const POLICY_VIOLATION = 1_008;
/** The longest time that a timer takes, in milliseconds: 25 days. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * The live feed: sends `{"type":"statuses",…}` with the current statuses to who connects, and to all when changes may have been
 * missed; and `{"type":"ServiceStatusChanged",…}` for every change that is confirmed and recorded, by whichever replica.
 * Where uptime is closed to the public, only known callers get it, and not beyond the end of their credentials.
 */
@Injectable()
export class LiveFeedGateway implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(LiveFeedGateway.name);
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_INCOMING_BYTES, perMessageDeflate: false });
  readonly #answered = new WeakSet<WebSocket>();
  #heartbeat: NodeJS.Timeout | undefined;
  #isClosing = false;
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly feed: ChangeFeed,
    @Inject(STATUS_SNAPSHOT) private readonly statuses: StatusSnapshot,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly authenticator: Authenticator,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'auth'>,
  ) {}

  onApplicationBootstrap(): void {
    const http = this.adapterHost.httpAdapter.getHttpServer() as Server;
    http.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head),
    );
    this.#server.on('connection', (peer) => this.#welcome(peer));
    this.#stopListening = this.feed.listen({
      onChange: (change) => this.#sendToAll(JSON.stringify({ type: 'ServiceStatusChanged', ...change })),
      onResumed: () => this.#sendToAll(this.#currentStatuses()),
    });
    this.#heartbeat = setInterval(() => this.#ping(), HEARTBEAT_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#heartbeat);
    this.#stopListening?.();
    await Promise.all([...this.#server.clients].map((peer) => closeAway(peer)));
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Nobody else listens to the socket before it becomes a WebSocket.
    socket.on('error', () => socket.destroy());
    if (pathOf(request) !== LIVE_FEED_PATH) return refuse(socket, 404);
    const caller = await this.#admit(request);
    if (typeof caller === 'number') return refuse(socket, caller);
    if (this.#isClosing || this.#server.clients.size >= MAX_CONNECTIONS) return refuse(socket, 503);
    this.#server.handleUpgrade(request, socket, head, (peer) => {
      if (caller.kind === 'known' && caller.expiresAt !== undefined) this.#endAt(peer, caller.expiresAt);
      this.#server.emit('connection', peer, request);
    });
  }

  /** Who asks for the feed, or the status that refuses it. */
  async #admit(request: IncomingMessage): Promise<Caller | number> {
    try {
      const { caller, failure } = await this.authenticator.identify(request);
      if (failure) return failure.type === 'authentication-error' ? 401 : 503;
      return caller.kind === 'known' || this.config.auth.openEndpoints.has('uptime') ? caller : 401;
    } catch (error) {
      this.#logger.error({ err: error }, 'A peer of the live feed could not be identified');
      return 500;
    }
  }

  #endAt(peer: WebSocket, instant: number): void {
    const timer = setTimeout(
      () => peer.close(POLICY_VIOLATION, 'the credentials have expired'),
      Math.min(instant - this.clock.now(), MAX_TIMER_MS),
    );
    peer.once('close', () => clearTimeout(timer));
  }

  #welcome(peer: WebSocket): void {
    this.#answered.add(peer);
    peer.on('pong', () => this.#answered.add(peer));
    peer.on('error', (error) => this.#logger.debug(`A peer of the live feed broke off: ${error.message}`));
    this.#send(peer, this.#currentStatuses());
  }

  #currentStatuses(): string {
    return JSON.stringify({
      type: 'statuses',
      timestamp: toTimestamp(this.clock.now()),
      services: this.statuses.currentStatuses(),
    });
  }

  #sendToAll(message: string): void {
    for (const peer of this.#server.clients) this.#send(peer, message);
  }

  #send(peer: WebSocket, message: string): void {
    if (peer.bufferedAmount > MAX_UNREAD_BYTES) peer.terminate();
    else if (peer.readyState === peer.OPEN) peer.send(message);
  }

  #ping(): void {
    for (const peer of this.#server.clients) {
      if (!this.#answered.delete(peer)) peer.terminate();
      else peer.ping();
    }
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

/** Answers an upgrade that is not granted, and closes the connection. */
function refuse(socket: Duplex, status: number): void {
  const challenge = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : '';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${challenge}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}

function closeAway(peer: WebSocket): Promise<void> {
  const closed = new Promise((resolve) => peer.once('close', resolve));
  peer.close(GOING_AWAY, 'the service is shutting down');
  return closeWithin(CLOSE_WITHIN_MS, closed, () => peer.terminate());
}
