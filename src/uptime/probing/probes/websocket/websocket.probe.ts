import { type ClientRequest, type IncomingMessage } from 'node:http';
import { type Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { closeWithin } from '../../../../common/wait.js';
import { type NameResolver, systemNames } from '../../../../common/network/name-resolver.js';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { isHttpToken, type WebSocketTarget, type ProbeResult } from '../../../domain/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type Endpoint } from '../connection/endpoint-connection.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { MAX_HEADER_BYTES, normalizeHeaders, type Headers } from '../connection/request-headers.js';
import { basicAuthorization, parseTargetUrl, endpointOf } from '../connection/target-url.js';

/** A message larger than this ends the connection. */
const MAX_PAYLOAD_BYTES = 1_048_576;
/** Time allowed for the peer's close frame. */
const CLOSE_TIMEOUT_MS = 1_000;
/** RFC 6455, 7.1.5: the connection ended without a close frame. */
const ABNORMAL_CLOSURE = 1_006;
const PING = Buffer.from('penguin-pool-streams-probe');

/**
 * Opens a WebSocket, waits for the pong to a ping, exchanges a message if configured, and performs the closing
 * handshake.
 */
export class WebSocketProbe implements Probe {
  /** Without credentials, which are sent as a header. */
  readonly #url: string;
  readonly #endpoint: Endpoint;
  readonly #headers: Headers;

  /**
   * @param target credentials in its URL are sent as basic authentication
   * @param ownHeaders take precedence over those of the target
   * @throws Error for an invalid target, without its secrets
   */
  constructor(
    private readonly target: WebSocketTarget & { readonly url: string },
    readonly clock: Clock,
    ownHeaders: Readonly<Record<string, string>> = {},
    readonly names: NameResolver = systemNames,
  ) {
    const { subprotocol } = target;
    if (subprotocol !== undefined && !isHttpToken(subprotocol))
      throw new Error(
        `${JSON.stringify(subprotocol)} is not a valid subprotocol; use one name of letters, digits and -._`,
      );
    const url = parseTargetUrl(target.url, ['ws:', 'wss:']);
    this.#headers = {
      ...basicAuthorization(url),
      ...normalizeHeaders(target.headers),
      ...normalizeHeaders(ownHeaders),
    };
    this.#endpoint = endpointOf(url, target.tls, this.#headers.host ?? url.host);
    this.#url = `${url.protocol}//${url.host}${url.pathname}${url.search}`;
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return withProbeSession(this, this.#endpoint.hostPort, signal, (session) => this.#check(session));
  }

  async #check(session: ProbeSession): Promise<void> {
    const socket = await session.connect(this.#endpoint);
    const webSocket = this.#open(session, socket);
    await this.#exchange(session, webSocket);
    // The check has succeeded: do not wait for the peer to close.
    session.detach();
    close(webSocket);
  }

  #open(session: ProbeSession, socket: Socket): WebSocket {
    session.awaitFirstByte(socket, 'headers');
    const { subprotocol } = this.target;
    return new WebSocket(this.#url, subprotocol === undefined ? [] : [subprotocol], {
      headers: this.#headers,
      createConnection: () => socket,
      followRedirects: false,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }

  /** Resolves after the pong and the expected text. @throws ProbeFailure or a connection error */
  #exchange(session: ProbeSession, webSocket: WebSocket): Promise<void> {
    const { message, answerContains } = this.target;
    let isSent = message === undefined;
    let hasPong = false;
    let hasText = answerContains === undefined;
    return new Promise((resolve, reject) => {
      const resolveIfDone = (): void => {
        if (hasPong && isSent && hasText) resolve();
      };
      // Stays attached: terminating the socket emits an error too.
      webSocket.on('error', (error) => reject(toProbeFailure(error, this.#endpoint.hostPort)));
      webSocket.on('unexpected-response', (_: ClientRequest, response: IncomingMessage) =>
        reject(new ProbeFailure(`answered ${response.statusCode} instead of opening a WebSocket`)),
      );
      webSocket.on('close', (code) =>
        reject(
          code === ABNORMAL_CLOSURE
            ? session.prematureClose()
            : new ProbeFailure(`closed the connection (${code}) before ${hasPong ? 'the expected text' : 'a pong'}`),
        ),
      );
      webSocket.on('open', () => {
        session.stage = 'pong';
        webSocket.ping(PING);
      });
      webSocket.on('pong', (data) => {
        if (hasPong || !data.equals(PING)) return;
        hasPong = true;
        session.stage = 'expectedText';
        if (message === undefined) return resolveIfDone();
        webSocket.send(message, (error) => {
          if (error) return reject(error);
          resolveIfDone();
        });
        isSent = true;
      });
      webSocket.on('message', (data) => {
        // Without a configured message, a greeting counts; otherwise only what follows the message.
        if (!isSent || answerContains === undefined || !decodeMessage(data).includes(answerContains)) return;
        hasText = true;
        resolveIfDone();
      });
    });
  }
}

function toProbeFailure(error: Error, hostPort: string): Error {
  if ('code' in error && typeof error.code === 'string')
    return error.code.startsWith('WS_ERR_') ? new ProbeFailure(describeProtocolError(error.code, hostPort)) : error;
  if (/subprotocol/.test(error.message)) return new ProbeFailure(`${hostPort} does not support the subprotocol`);
  return new ProbeFailure(`the upgrade response of ${hostPort} is not valid for WebSocket`);
}

function describeProtocolError(code: string, hostPort: string): string {
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return `${hostPort} sent a message larger than 1 MiB`;
  const reason = code.slice('WS_ERR_'.length).replaceAll('_', ' ').toLowerCase();
  return `${hostPort} violated the WebSocket protocol (${reason})`;
}

function decodeMessage(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)).toString(
    'utf8',
  );
}

/** Performs the closing handshake; terminates the connection after a timeout. */
function close(socket: WebSocket): void {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.close(1_000);
  void closeWithin(CLOSE_TIMEOUT_MS, closed, () => socket.terminate());
}
