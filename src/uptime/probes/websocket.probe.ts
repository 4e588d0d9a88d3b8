import { type ClientRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { type Clock } from '../../event-store/index.js';
import { type Probe, type ProbeAnswer } from '../application/index.js';
import { describeConnectionError, endpointOf } from './connection-errors.js';

/** Messages that come beside the pong are of no interest; a larger one ends the connection. */
const MOST_PAYLOAD_BYTES = 1_048_576;
/** How long the other side may take to answer the closing of the connection. */
const CLOSE_TIMEOUT_MS = 1_000;
const PING = Buffer.from('penguin-pool-streams-probe');

/** Makes a WebSocket connection, sends a ping, waits for its pong, and closes the connection as the protocol asks. */
export class WebSocketProbe implements Probe {
  readonly #endpoint: string;

  /**
   * @param url `ws:` or `wss:`; credentials in it are sent as basic authentication
   * @param headers sent beside those of the protocol
   */
  constructor(
    private readonly url: string,
    private readonly clock: Clock,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {
    this.#endpoint = endpointOf(new URL(url));
  }

  probe(signal: AbortSignal): Promise<ProbeAnswer> {
    const start = this.clock.monotonic();
    const socket = new WebSocket(this.url, { headers: this.headers, followRedirects: false, maxPayload: MOST_PAYLOAD_BYTES, perMessageDeflate: false });
    return new Promise((resolve) => {
      let hasEnded = false;
      const end = (error?: string): void => {
        if (hasEnded) return;
        hasEnded = true;
        signal.removeEventListener('abort', aborted);
        resolve({ responseTime: this.clock.monotonic() - start, ...(error === undefined ? {} : { error }) });
      };
      const aborted = (): void => {
        end('the probe was ended');
        socket.terminate();
      };
      if (signal.aborted) return aborted();
      signal.addEventListener('abort', aborted, { once: true });
      // Stays for as long as the socket does: terminating it emits an error too.
      socket.on('error', (error) => end(describeConnectionError(error, this.#endpoint)));
      socket.on('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
        end(`answered ${response.statusCode} instead of opening a WebSocket`);
        request.destroy();
      });
      socket.on('close', (code) => end(`closed the connection (${code}) before it had answered the ping`));
      socket.on('open', () => socket.ping(PING));
      socket.on('pong', (data) => {
        if (!data.equals(PING)) return;
        end();
        close(socket);
      });
    });
  }
}

/** Ends the connection as the protocol asks, and by force where the other side does not join in. */
function close(socket: WebSocket): void {
  const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.close(1_000);
}
