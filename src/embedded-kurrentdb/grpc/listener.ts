import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Connections, MAX_CONNECTIONS } from '../connections.js';
import { type Dispatcher } from './dispatcher.js';

export interface TlsCredentials {
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
}

interface ListenerOptions {
  readonly port: number;
  /** Undefined: HTTP/2 and HTTP/1.1 without TLS. */
  readonly tls: TlsCredentials | undefined;
  readonly connections: Connections;
  readonly dispatcher: Dispatcher;
  readonly handleHttp: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Only local connections are accepted. */
const LOOPBACK = '127.0.0.1';

/**
 * Above this, node:http2 rejects new streams of a connection. A thousand slow subscribers on one connection stay below.
 */
const SESSION_MEMORY_MEGABYTES = 512;

/** The connection preface of HTTP/2. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2');

/** Time for a TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Time for the last responses to be sent when the server stops. */
const CLOSE_GRACE_MS = 500;

/**
 * One port for gRPC on HTTP/2 and plain GETs on HTTP/1.1, distinguished by ALPN with TLS and by the first bytes
 * without.
 */
export class Listener {
  readonly #http2: Http2Server;
  readonly #http1: HttpServer;
  readonly #front: Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #connections: Connections;
  #closed: Promise<void> = Promise.resolve();

  private constructor({ tls, connections, dispatcher, handleHttp }: ListenerOptions) {
    this.#connections = connections;
    this.#http1 = createHttpServer(handleHttp);
    this.#http2 = createHttp2Server({
      settings: connections.initialSettings,
      maxSessionMemory: SESSION_MEMORY_MEGABYTES,
    });
    this.#http2.on('session', (session) => {
      this.#sessions.add(session);
      connections.begin(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => session.destroy()); // protocol error of a client; its calls have ended
    });
    this.#http2.on('stream', (stream, headers) => dispatcher.handle(stream, headers));
    this.#http2.on('sessionError', () => undefined); // reported by the session itself
    this.#front =
      tls === undefined
        ? createTcpServer((socket) => this.#detectProtocol(socket))
        : createTlsServer(
            {
              cert: tls.certificate,
              key: tls.key,
              minVersion: 'TLSv1.2',
              ALPNProtocols: ['h2', 'http/1.1'],
              handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
            },
            (socket) => (socket.alpnProtocol === 'h2' ? this.#http2 : this.#http1).emit('connection', socket),
          );
    this.#front.maxConnections = MAX_CONNECTIONS;
    this.#front.on('connection', (socket: Socket) => {
      connections.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy()); // before the handshake; 'close' follows
    });
    this.#front.on('tlsClientError', () => undefined); // not a TLS client, or one that does not trust the certificate
  }

  /** Listens on loopback; resolves when connections are accepted. */
  static open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    return new Promise((resolve, reject) => {
      listener.#front.once('error', reject);
      listener.#front.listen({ port: options.port, host: LOOPBACK }, () => {
        listener.#front.off('error', reject);
        resolve(listener);
      });
    });
  }

  get port(): number {
    return (this.#front.address() as AddressInfo).port;
  }

  /** Rejects new connections and calls; running calls continue. */
  stopAccepting(): void {
    this.#closed = new Promise<void>((resolve) => this.#front.close(() => resolve()));
    for (const session of this.#sessions) session.close();
  }

  /** Waits for the last responses to be sent, then closes the connections. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      for (const socket of this.#connections.open) socket.destroy();
    }, CLOSE_GRACE_MS);
    for (const socket of this.#connections.open) if (!this.#hasSession(socket)) socket.destroy();
    await this.#closed;
    clearTimeout(timer);
  }

  #hasSession(socket: Socket): boolean {
    return [...this.#sessions].some((session) => !session.destroyed && session.socket.remotePort === socket.remotePort);
  }

  #detectProtocol(socket: Socket): void {
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      const preface = HTTP2_PREFACE.subarray(0, Math.min(first.length, HTTP2_PREFACE.length));
      const isHttp2 = first.subarray(0, preface.length).equals(preface);
      (isHttp2 ? this.#http2 : this.#http1).emit('connection', socket);
    });
  }
}
