import { type Socket } from 'node:net';
import { asciiNameOf } from '../../../../common/network/host-name.js';
import { type NameResolver, systemNames } from '../../../../common/network/name-resolver.js';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { type TcpTarget, type ProbeResult } from '../../../domain/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type Endpoint } from '../connection/endpoint-connection.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { hostOf, serverNameOf } from '../connection/target-url.js';
import { TextSearch } from './text-search.js';

/** Read limit of a response. */
const MAX_RESPONSE_BYTES = 1_048_576;
/** Limit of the time to flush the last bytes. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Connects to a port, with TLS if configured; sends data and waits for the expected text if configured. */
export class TcpProbe implements Probe {
  readonly #endpoint: Endpoint;

  constructor(
    private readonly target: TcpTarget,
    readonly clock: Clock,
    readonly names: NameResolver = systemNames,
  ) {
    const { port, tls } = target;
    const host = asciiNameOf(hostOf(target.host)) ?? target.host;
    this.#endpoint = {
      host,
      port,
      hostPort: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      ...(tls ? { tls: { rules: tls, serverName: serverNameOf(host) } } : {}),
    };
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return withProbeSession(this, this.#endpoint.hostPort, signal, (session) => this.#check(session));
  }

  async #check(session: ProbeSession): Promise<void> {
    const { send, answerContains } = this.target;
    const socket = await session.connect(this.#endpoint);
    session.awaitFirstByte(socket, 'expectedText');
    // Concurrently: a server may respond before it has received everything.
    await Promise.all([
      send === undefined ? undefined : write(socket, send),
      answerContains === undefined ? undefined : readUntil(session, socket, answerContains),
    ]);
    session.detach();
    close(socket);
  }
}

/** Resolves when the data is flushed to the kernel. */
function write(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.write(text, (error) => (error ? reject(error) : resolve())));
}

/** @throws ProbeFailure if the peer closes the connection or exceeds the read limit without the text */
function readUntil(session: ProbeSession, socket: Socket, text: string): Promise<void> {
  const search = new TextSearch(text);
  let bytes = 0;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('end', () => reject(session.prematureClose()));
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (search.push(chunk)) resolve();
      else if (bytes >= MAX_RESPONSE_BYTES)
        reject(new ProbeFailure('the first 1 MiB of the response does not contain the expected text'));
    });
  });
}

/** Ends the connection before destroying it: a TLS server would report an abrupt end as a failed handshake. */
function close(socket: Socket): void {
  socket.setTimeout(CLOSE_TIMEOUT_MS, () => socket.destroy());
  socket.end(() => socket.destroy());
}
