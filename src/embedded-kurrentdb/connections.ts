import { type Http2Session, type Settings } from 'node:http2';
import { type Socket } from 'node:net';

/** Beyond it, new connections are closed. */
export const MAX_CONNECTIONS = 1_000;

/** Connections without a call of an authenticated caller so far. Beyond it, the oldest of them is closed. */
export const MAX_UNKNOWN_CONNECTIONS = 256;

/** Concurrent calls of a connection without a call of an authenticated caller so far: clients keep further calls back. */
const MAX_CALLS_OF_UNKNOWN = 100;

/** Concurrent calls of any other connection: a thousand subscriptions and as many other calls. */
const MAX_CALLS = 2_000;

/** A connection before its first authenticated call: the bytes that arrive before a call is authenticated are held. */
const UNKNOWN_SETTINGS: Settings = { initialWindowSize: 65_535, maxConcurrentStreams: MAX_CALLS_OF_UNKNOWN };
const KNOWN_SETTINGS: Settings = { initialWindowSize: 1_048_576, maxConcurrentStreams: MAX_CALLS };
const KNOWN_SESSION_WINDOW_BYTES = 8 * 1_048_576;

/** Address and port of the other end: a name of a connection. */
export const peerOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress ?? ''}:${remotePort ?? ''}`;

/**
 * The open connections. One is of an unknown caller until a call on it is authenticated: until then it gets few
 * concurrent calls and small windows, and room is made for new connections at its expense.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  /** By peer, the oldest first. */
  readonly #unknown = new Map<string, Socket>();
  readonly #peers = new WeakMap<Http2Session, string>();
  readonly #knownSessions = new WeakSet<Http2Session>();

  /** @param areAllKnown on a server without users */
  constructor(private readonly areAllKnown: boolean) {}

  /** HTTP/2 settings of a new connection. */
  get initialSettings(): Settings {
    return this.areAllKnown ? KNOWN_SETTINGS : UNKNOWN_SETTINGS;
  }

  get open(): ReadonlySet<Socket> {
    return this.#open;
  }

  add(socket: Socket): void {
    const peer = peerOf(socket); // unknown once it is closed
    this.#open.add(socket);
    if (!this.areAllKnown) this.#unknown.set(peer, socket);
    socket.on('close', () => {
      this.#open.delete(socket);
      if (this.#unknown.get(peer) === socket) this.#unknown.delete(peer);
    });
    const [oldest] = this.#unknown.values();
    if (oldest !== undefined && this.#unknown.size > MAX_UNKNOWN_CONNECTIONS) oldest.destroy();
  }

  /** The HTTP/2 session of a new connection. */
  begin(session: Http2Session): void {
    this.#peers.set(session, peerOf(session.socket)); // unknown once it is closed
    if (this.areAllKnown) this.#widen(session);
  }

  /** Name of the connection of a session. */
  peerOf(session: Http2Session): string {
    return this.#peers.get(session) ?? '';
  }

  /** A call of an authenticated caller has arrived. */
  recognize(session: Http2Session): void {
    if (this.#knownSessions.has(session) || session.destroyed) return;
    this.#unknown.delete(this.peerOf(session));
    if (!this.areAllKnown) session.settings(KNOWN_SETTINGS);
    this.#widen(session);
  }

  /** A request of an authenticated caller has arrived over HTTP/1.1. */
  recognizeSocket(socket: Socket): void {
    this.#unknown.delete(peerOf(socket));
  }

  #widen(session: Http2Session): void {
    this.#knownSessions.add(session);
    session.setLocalWindowSize(KNOWN_SESSION_WINDOW_BYTES);
  }
}
