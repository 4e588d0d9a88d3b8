import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a connection that the server ends is read for: resetting it could destroy the last response. */
const LINGER_MS = 2_000;
/**
 * Between two checks, what has arrived is accepted and read: time alone could pass while this process is busy with
 * something else.
 */
const CHECK_MS = 5;
/** The port is closed once nobody connects for this many checks, at most after {@link MAX_HOLD_MS}. */
const QUIET_CHECKS = 8;
const MAX_HOLD_MS = 3_000;
/** A connection is idle if nothing is under way for this many checks: 250 ms at least. */
const IDLE_CHECKS = 50;

/** Of one connection. */
interface State {
  readonly responses: Set<ServerResponse>;
  /** Bytes received until the last response ended; more are the beginning of a request. */
  bytesRead: number;
  idleChecks: number;
}

/** Connections of a server, which end without a reset: a client that sends one request after the other loses none. */
export class Connections {
  readonly #states = new Map<Socket, State>();
  readonly #server: Server;
  #quietChecks = 0;
  #isEnding = false;
  /** Set while requests wait for the port to be closed. */
  #portClosed: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** Serves a request, now or once the port is closed. Behind a last response, none is served. */
  serve(request: IncomingMessage, response: ServerResponse, handle: () => void): void {
    const { socket } = request;
    if (socket.writableEnded) return;
    const state = this.#add(socket);
    state.responses.add(response);
    if (this.#isEnding) response.shouldKeepAlive = false;
    response.once('close', () => {
      state.responses.delete(response);
      state.bytesRead = socket.bytesRead;
    });
    if (this.#portClosed) void this.#portClosed.then(handle);
    else handle();
  }

  /** From now on every response tells its client to close the connection. */
  beginEnd(): void {
    this.#isEnding = true;
    for (const { responses } of this.#states.values())
      for (const response of responses) if (!response.headersSent) response.shouldKeepAlive = false;
  }

  /**
   * Closes the port and ends each connection when it is idle.
   *
   * @returns false if connections had to be cut off after `timeoutMs`
   */
  async end(timeoutMs: number): Promise<boolean> {
    this.beginEnd();
    const deadline = performance.now() + timeoutMs;
    await this.#closePort(Math.min(deadline, performance.now() + MAX_HOLD_MS));
    while (this.#states.size > 0 && performance.now() < deadline) {
      for (const [socket, state] of this.#states) if (isFoundIdle(socket, state)) endGently(socket);
      await sleep(CHECK_MS);
    }
    const isComplete = this.#states.size === 0;
    for (const socket of this.#states.keys()) socket.destroy();
    return isComplete;
  }

  /**
   * The kernel resets connections that it has accepted and this process has not. Requests are therefore held until
   * every client waits for a response and nobody connects.
   */
  async #closePort(holdUntil: number): Promise<void> {
    if (!this.#server.listening) return;
    let release = (): void => undefined;
    this.#portClosed = new Promise((resolve) => (release = resolve));
    for (this.#quietChecks = 0; this.#quietChecks < QUIET_CHECKS; this.#quietChecks++) {
      if (performance.now() >= holdUntil) break;
      await sleep(CHECK_MS);
    }
    // Not the method of the HTTP server, which resets connections whose first request has not arrived yet.
    NetServer.prototype.close.call(this.#server);
    this.#portClosed = undefined;
    release();
  }

  #add(socket: Socket): State {
    const known = this.#states.get(socket);
    if (known) return known;
    this.#quietChecks = 0;
    const state: State = { responses: new Set(), bytesRead: 0, idleChecks: 0 };
    this.#states.set(socket, state);
    socket.once('close', () => this.#states.delete(socket));
    // Called by Node after the last response.
    socket.destroySoon = () => endGently(socket);
    return state;
  }
}

function isFoundIdle(socket: Socket, state: State): boolean {
  const isBusy = state.responses.size > 0 || socket.bytesRead !== state.bytesRead;
  state.idleChecks = isBusy ? 0 : state.idleChecks + 1;
  return state.idleChecks >= IDLE_CHECKS;
}

/** Sends what is written, and the end; then reads on until the client ends the connection too. */
function endGently(socket: Socket): void {
  if (socket.writableEnded) return;
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
