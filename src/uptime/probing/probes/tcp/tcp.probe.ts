import { type Socket } from 'node:net';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { type TcpTarget, type ProbeResult } from '../../../domain/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type Endpoint } from '../connection/endpoint-connection.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { hostOf } from '../connection/target-url.js';
import { TextSearch } from '../http/text-search.js';

/** More than this is not looked at. */
const MAX_ANSWER_BYTES = 1_048_576;
/** How long the last bytes may take to leave. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Connects to a port, with TLS where the target has it; sends and waits for an answer where the target says so. */
export class TcpProbe implements Probe {
  readonly #endpoint: Endpoint;

  constructor(
    private readonly target: TcpTarget,
    private readonly clock: Clock,
  ) {
    const { port, tls } = target;
    const host = hostOf(target.host);
    this.#endpoint = {
      host,
      port,
      endpoint: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      ...(tls ? { tls: { rules: tls } } : {}),
    };
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return withProbeSession(this.clock, this.#endpoint.endpoint, signal, (run) => this.#ask(run));
  }

  async #ask(run: ProbeSession): Promise<void> {
    const { send, answerContains } = this.target;
    const socket = await run.connect(this.#endpoint);
    run.awaitAnswer(socket, 'text');
    // Both at once: a server may answer before it has taken everything.
    await Promise.all([
      send === undefined ? undefined : write(socket, send),
      answerContains === undefined ? undefined : readUntil(run, socket, answerContains),
    ]);
    run.detach();
    close(socket);
  }
}

/** Resolves when this machine has passed everything on. */
function write(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.write(text, (error) => (error ? reject(error) : resolve())));
}

/** @throws ProbeFailure where the other side closes or goes on without the text */
function readUntil(run: ProbeSession, socket: Socket, text: string): Promise<void> {
  const search = new TextSearch(text);
  let bytes = 0;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('end', () => reject(run.closedEarly()));
    socket.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (search.finds(piece)) resolve();
      else if (bytes >= MAX_ANSWER_BYTES)
        reject(new ProbeFailure('the first 1 MiB of the answer does not hold the text that it should'));
    });
  });
}

/** Says that it ends, and does not only end: within TLS a server would take that for a handshake that failed. */
function close(socket: Socket): void {
  socket.setTimeout(CLOSE_TIMEOUT_MS, () => socket.destroy());
  socket.end(() => socket.destroy());
}
