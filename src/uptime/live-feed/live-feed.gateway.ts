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
import { type Caller, CLOCK, type Clock, StoreWatch } from '../../event-store/index.js';
import { identify, pathOf, Places, RateLimit, serveWithoutUpgrade, subjectKey } from '../../http/index.js';
import { Authenticator, ConnectionCaller, SelfProbeCredential } from '../../identity/index.js';
import { PeerCredentials } from './peer-credentials.js';
import { ChangeFeed } from './change-feed.js';
import {
  evidenceFor,
  LIVE_FEED_PATH,
  seesErrors,
  type ServiceStatusChanged,
  STATUS_SNAPSHOT,
  type StatusSnapshot,
} from '../domain/index.js';

const MAX_CONNECTIONS = 1_000;
/** Of one user, or of one address for unauthenticated clients. */
const MAX_PER_SUBJECT = 100;
/** Clients have nothing to send. */
const MAX_INCOMING_BYTES = 1_024;
/** A client with a larger send buffer does not read; it is terminated to bound memory. */
const MAX_UNREAD_BYTES = 262_144;
/** A client that has not responded to a ping before the next one is terminated. */
const HEARTBEAT_MS = 30_000;
/** Time limit of a closing handshake at shutdown. */
const CLOSE_WITHIN_MS = 1_000;
/** RFC 6455, 7.4.1. */
const GOING_AWAY = 1_001;
/** Registered with IANA: reconnect after a moment. */
const SERVICE_RESTART = 1_012;

/** The message with the full text of errors, or with their kind. */
type MessageFor = (seesAll: boolean) => string;

/**
 * WebSocket feed: sends `{"type":"statuses",…}` with the current statuses to a new client, and to all when changes may
 * have been missed or the services have changed; and `{"type":"ServiceStatusChanged",…}` for every change that any
 * replica has recorded. Requires authentication unless uptime is public, and closes a connection when its credentials
 * expire or are revoked, or the store was replaced.
 */
@Injectable()
export class LiveFeedGateway implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(LiveFeedGateway.name);
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_INCOMING_BYTES, perMessageDeflate: false });
  readonly #places = new Places(MAX_CONNECTIONS, MAX_PER_SUBJECT);
  readonly #alive = new WeakSet<WebSocket>();
  readonly #credentials = new Map<WebSocket, PeerCredentials>();
  #heartbeat: NodeJS.Timeout | undefined;
  #isClosing = false;
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly feed: ChangeFeed,
    @Inject(STATUS_SNAPSHOT) private readonly statuses: StatusSnapshot,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly authenticator: Authenticator,
    @Inject(APP_CONFIG)
    private readonly config: Pick<AppConfig, 'auth' | 'http'> & {
      readonly uptime: Pick<AppConfig['uptime'], 'errorDetail'>;
    },
    private readonly rateLimit: RateLimit,
    private readonly selfProbe: SelfProbeCredential,
    private readonly watch: StoreWatch,
  ) {}

  onApplicationBootstrap(): void {
    const http = this.adapterHost.httpAdapter.getHttpServer() as Server;
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      isWebSocket(request)
        ? void this.#upgrade(request, socket, head)
        : serveWithoutUpgrade(http, request, socket, head),
    );
    this.#server.on('connection', (peer) => this.#onConnection(peer));
    const sendStatuses = (): void => this.#sendToAll((seesAll) => this.#currentStatuses(seesAll));
    const stopFeed = this.feed.listen({
      onChange: (change) => {
        if (this.statuses.hasService(change.serviceName)) this.#sendToAll((seesAll) => messageOf(change, seesAll));
      },
      onResumed: sendStatuses,
    });
    const stopStatuses = this.statuses.listen(sendStatuses);
    const stopWatch = this.watch.listen({
      onReplaced: () => this.#closeAll(SERVICE_RESTART, 'the store was replaced'),
    });
    this.#stopListening = () => {
      stopWatch();
      stopFeed();
      stopStatuses();
    };
    this.#heartbeat = setInterval(() => this.#ping(), HEARTBEAT_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#heartbeat);
    this.#stopListening?.();
    await Promise.all([...this.#server.clients].map((peer) => closeGracefully(peer)));
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Nothing else handles socket errors before the upgrade.
    socket.on('error', () => socket.destroy());
    const caller = await this.#authenticate(request);
    const { error, headers } = this.rateLimit.count(request);
    if (error) return rejectUpgrade(socket, 429, headers);
    if (pathOf(request) !== LIVE_FEED_PATH) return rejectUpgrade(socket, 404);
    if (typeof caller === 'number') return rejectUpgrade(socket, caller);
    if (this.#isClosing || this.watch.problem) return rejectUpgrade(socket, 503);
    // The probe of this service has a place in any case: others would make the service look down.
    const giveBack =
      caller === this.selfProbe.caller
        ? () => undefined
        : this.#places.take(subjectKey(request, this.config.http.trustedProxies));
    if (!giveBack) return rejectUpgrade(socket, 503);
    socket.once('close', giveBack);
    this.#server.handleUpgrade(request, socket, head, (peer) => {
      this.#watchCredentials(peer, new ConnectionCaller(this.authenticator, request, caller, this.clock));
      this.#server.emit('connection', peer, request);
    });
  }

  /** @returns the caller, or the HTTP status of the rejection */
  async #authenticate(request: IncomingMessage): Promise<Caller | number> {
    try {
      const identification = await this.authenticator.identify(request);
      identify(request, identification);
      const { caller, failure } = identification;
      if (failure) return failure.type === 'authentication-error' ? 401 : 503;
      return caller.kind === 'known' || this.config.auth.openEndpoints.has('uptime') ? caller : 401;
    } catch (error) {
      this.#logger.error({ err: error }, 'Authentication of a live-feed client failed');
      return 500;
    }
  }

  #closeAll(code: number, reason: string): void {
    for (const peer of this.#server.clients) peer.close(code, reason);
  }

  #watchCredentials(peer: WebSocket, caller: ConnectionCaller): void {
    const credentials = new PeerCredentials(peer, caller, this.#logger);
    this.#credentials.set(peer, credentials);
    peer.once('close', () => {
      credentials.stop();
      this.#credentials.delete(peer);
    });
  }

  #onConnection(peer: WebSocket): void {
    this.#alive.add(peer);
    peer.on('pong', () => this.#alive.add(peer));
    peer.on('error', (error) => this.#logger.debug(`Live-feed connection failed: ${error.message}`));
    this.#send(peer, (seesAll) => this.#currentStatuses(seesAll));
  }

  #currentStatuses(seesAll: boolean): string {
    return JSON.stringify({
      type: 'statuses',
      timestamp: toTimestamp(this.clock.now()),
      ...(this.statuses.isStale() ? { stale: true } : {}),
      services: this.statuses.currentStatuses(seesAll),
    });
  }

  #sendToAll(messageFor: MessageFor): void {
    const messages = new Map<boolean, string>();
    const cached: MessageFor = (seesAll) => {
      const message = messages.get(seesAll) ?? messageFor(seesAll);
      messages.set(seesAll, message);
      return message;
    };
    for (const peer of this.#server.clients) this.#send(peer, cached);
  }

  #send(peer: WebSocket, messageFor: MessageFor): void {
    if (peer.bufferedAmount > MAX_UNREAD_BYTES) peer.terminate();
    else
      this.#credentials.get(peer)?.ifValid((caller) => {
        if (peer.readyState === peer.OPEN) peer.send(messageFor(seesErrors(caller, this.config.uptime.errorDetail)));
      });
  }

  #ping(): void {
    for (const peer of this.#server.clients) {
      if (!this.#alive.delete(peer)) peer.terminate();
      else {
        peer.ping();
        this.#credentials.get(peer)?.check();
      }
    }
  }
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function messageOf({ metadata, ...change }: ServiceStatusChanged, seesAll: boolean): string {
  return JSON.stringify({ type: 'ServiceStatusChanged', ...change, metadata: evidenceFor(metadata, seesAll) });
}

/** Responds to an upgrade request with an error, and closes the connection. */
function rejectUpgrade(socket: Duplex, status: number, headers: Readonly<Record<string, number>> = {}): void {
  const all = {
    ...headers,
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    Connection: 'close',
    'Content-Length': 0,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`, () => socket.destroy());
}

function closeGracefully(peer: WebSocket): Promise<void> {
  const closed = new Promise((resolve) => peer.once('close', resolve));
  peer.close(GOING_AWAY, 'the service is shutting down');
  return closeWithin(CLOSE_WITHIN_MS, closed, () => peer.terminate());
}
