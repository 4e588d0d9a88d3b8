import { type ClientRequest, type IncomingMessage } from 'node:http';
import { type Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { closeWithin } from '../../../../common/wait.js';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { isHttpToken, type WebSocketTarget, type ProbeResult } from '../../../domain/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type Endpoint } from '../connection/endpoint-connection.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { checkHeaders, type Headers } from '../http/request-headers.js';
import { basicAuthorization, parseTargetUrl, endpointForUrl } from '../connection/target-url.js';

/** A message larger than this ends the connection. */
const MAX_PAYLOAD_BYTES = 1_048_576;
/** How long the other side may take to answer the closing of the connection. */
const CLOSE_TIMEOUT_MS = 1_000;
/** What `ws` gives where the connection ended without the protocol's closing. */
const CUT = 1_006;
const PING = Buffer.from('penguin-pool-streams-probe');

/**
 * Opens a WebSocket, sends a ping, waits for its pong, exchanges a message where the target says so, and closes the connection as the
 * protocol asks.
 */
export class WebSocketProbe implements Probe {
  /** Without credentials, which go into a header. */
  readonly #url: string;
  readonly #endpoint: Endpoint;
  readonly #headers: Headers;

  /**
   * @param target credentials in its URL are sent as basic authentication
   * @param ownHeaders sent beside those of the target and of the protocol
   * @throws Error that says what of the target cannot be sent or understood, without its secrets
   */
  constructor(
    private readonly target: WebSocketTarget & { readonly url: string },
    private readonly clock: Clock,
    ownHeaders: Readonly<Record<string, string>> = {},
  ) {
    const { subprotocol } = target;
    if (subprotocol !== undefined && !isHttpToken(subprotocol))
      throw new Error(
        `A probe cannot ask for the subprotocol ${JSON.stringify(subprotocol)}; write one name, of letters, digits and -._`,
      );
    const url = parseTargetUrl(target.url, ['ws:', 'wss:']);
    this.#headers = { ...basicAuthorization(url), ...checkHeaders(target.headers), ...checkHeaders(ownHeaders) };
    this.#endpoint = endpointForUrl(url, target.tls, this.#headers.host ?? url.host);
    this.#url = `${url.protocol}//${url.host}${url.pathname}${url.search}`;
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return withProbeSession(this.clock, this.#endpoint.endpoint, signal, (run) => this.#ask(run));
  }

  async #ask(run: ProbeSession): Promise<void> {
    const socket = await run.connect(this.#endpoint);
    const webSocket = this.#open(run, socket);
    await this.#converse(run, webSocket);
    // The other side has done its part: that it also closes is not waited for.
    run.detach();
    close(webSocket);
  }

  #open(run: ProbeSession, socket: Socket): WebSocket {
    run.awaitAnswer(socket, 'headers');
    const { subprotocol } = this.target;
    return new WebSocket(this.#url, subprotocol === undefined ? [] : [subprotocol], {
      headers: this.#headers,
      createConnection: () => socket,
      followRedirects: false,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
    });
  }

  /** Resolves when everything that the target says has come. @throws ProbeFailure or an error of the connection */
  #converse(run: ProbeSession, webSocket: WebSocket): Promise<void> {
    const { message, answerContains } = this.target;
    let isAsked = message === undefined;
    let isPonged = false;
    let isAnswered = answerContains === undefined;
    return new Promise((resolve, reject) => {
      const advance = (): void => {
        if (isPonged && isAsked && isAnswered) resolve();
      };
      // Stays for as long as the socket does: terminating it emits an error too.
      webSocket.on('error', (error) => reject(translate(error, this.#endpoint.endpoint)));
      webSocket.on('unexpected-response', (_: ClientRequest, response: IncomingMessage) =>
        reject(new ProbeFailure(`answered ${response.statusCode} instead of opening a WebSocket`)),
      );
      webSocket.on('close', (code) =>
        reject(
          code === CUT
            ? run.closedEarly()
            : new ProbeFailure(
                `closed the connection (${code}) before it had ${isPonged ? 'sent the text that it should' : 'answered the ping'}`,
              ),
        ),
      );
      webSocket.on('open', () => {
        run.stage = 'pong';
        webSocket.ping(PING);
      });
      webSocket.on('pong', (data) => {
        if (isPonged || !data.equals(PING)) return;
        isPonged = true;
        run.stage = 'text';
        if (message === undefined) return advance();
        webSocket.send(message, (error) => {
          if (error) return reject(error);
          advance();
        });
        isAsked = true;
      });
      webSocket.on('message', (data) => {
        // Without a message of its own, a greeting counts; what was sent before the question is no answer to it.
        if (!isAsked || answerContains === undefined || !textOf(data).includes(answerContains)) return;
        isAnswered = true;
        advance();
      });
    });
  }
}

/** The errors of the handshake and of the protocol, for a person. */
function translate(error: Error, endpoint: string): Error {
  if ('code' in error && typeof error.code === 'string')
    return error.code.startsWith('WS_ERR_') ? new ProbeFailure(describeProtocolError(error.code, endpoint)) : error;
  if (/subprotocol/.test(error.message)) return new ProbeFailure(`${endpoint} does not take the subprotocol`);
  return new ProbeFailure(`${endpoint} answered the upgrade with something that is not a WebSocket`);
}

function describeProtocolError(code: string, endpoint: string): string {
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return `${endpoint} sent a message larger than 1 MiB`;
  return `${endpoint} broke the WebSocket protocol (${code.slice('WS_ERR_'.length).replaceAll('_', ' ').toLowerCase()})`;
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)).toString(
    'utf8',
  );
}

/** Ends the connection as the protocol asks, and by force where the other side does not join in. */
function close(socket: WebSocket): void {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.close(1_000);
  void closeWithin(CLOSE_TIMEOUT_MS, closed, () => socket.terminate());
}
