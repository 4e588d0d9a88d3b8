import { type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type NameResolver, systemNames } from '../../../../common/network/name-resolver.js';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { type HttpTarget, type ProbeResult } from '../../../domain/index.js';
import { BodyChecks } from './body-checks.js';
import { codeOf, ProbeFailure } from '../connection/connection-errors.js';
import { send, type HttpResponse } from './http-exchange.js';
import { sendHttp2 } from './http2-exchange.js';
import { ProbeCookies } from './probe-cookies.js';
import { type HttpHop, isRedirect, RedirectFollower } from './http-redirects.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { normalizeHeaders, type Headers } from '../connection/request-headers.js';
import { basicAuthorization, hostPortOf, isSecure, parseTargetUrl, endpointOf } from '../connection/target-url.js';

const METHOD = /^[A-Z][A-Z-]*$/;
/** TLS alert of a server that supports none of the protocols offered by ALPN. */
const NO_APPLICATION_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';
/** Headers sent to every origin; the others may contain secrets. */
const CROSS_ORIGIN_SAFE_HEADERS: readonly string[] = ['accept', 'accept-encoding', 'accept-language', 'user-agent'];
/** Overridden by the target's headers. */
const DEFAULT_HEADERS: Headers = {
  accept: '*/*',
  'accept-encoding': 'identity',
  'user-agent': 'penguin-pool-streams-probe',
};

/**
 * Sends an HTTP request and checks the status, body and response time, after the body or its read limit has arrived.
 * Follows redirects up to the configured limit; credentials, configured headers and the body are not sent to another
 * origin.
 *
 * Each probe opens its own connection, so that a dead listener is detected immediately.
 */
export class HttpProbe implements Probe {
  readonly #firstHop: HttpHop;
  readonly #hostPort: string;
  readonly #headers: Headers;
  readonly #crossOriginHeaders: Headers;
  readonly #checks: BodyChecks;

  /** @throws Error for an invalid target, without its secrets */
  constructor(
    private readonly target: HttpTarget & { readonly url: string },
    readonly clock: Clock,
    readonly names: NameResolver = systemNames,
  ) {
    const { method, body } = target;
    if (!METHOD.test(method) || method === 'CONNECT')
      throw new Error(`${JSON.stringify(method)} is not a supported method; use one such as GET or POST`);
    const url = parseTargetUrl(target.url, ['http:', 'https:']);
    this.#hostPort = hostPortOf(url);
    this.#firstHop = { url, method, isSameOrigin: true, ...(body === undefined ? {} : { body: Buffer.from(body) }) };
    this.#headers = { ...DEFAULT_HEADERS, ...basicAuthorization(url), ...normalizeHeaders(target.headers) };
    this.#crossOriginHeaders = Object.fromEntries(
      Object.entries(this.#headers).filter(([name]) => CROSS_ORIGIN_SAFE_HEADERS.includes(name)),
    );
    this.#checks = new BodyChecks(target);
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return withProbeSession(this, this.#hostPort, signal, (session) => this.#check(session));
  }

  async #check(session: ProbeSession): Promise<void> {
    const reason = await this.#failureReason(await this.#sendFollowingRedirects(session));
    if (reason !== undefined) throw new ProbeFailure(reason);
    const { responseTimeBelowMs: limit = Infinity } = this.target;
    const { elapsed } = session;
    if (elapsed >= limit) throw new ProbeFailure(`answered in ${Math.floor(elapsed)} ms, not below ${limit} ms`);
  }

  async #sendFollowingRedirects(session: ProbeSession): Promise<HttpResponse> {
    const { maxRedirects } = this.target;
    const redirects = new RedirectFollower(maxRedirects);
    const cookies = new ProbeCookies();
    for (let hop = this.#firstHop; ;) {
      const cookie = await cookies.headerFor(hop.url, hop.isSameOrigin ? this.#headers.cookie : undefined);
      redirects.visit(hop, cookie);
      const response = await this.#send(session, hop, cookie);
      if (maxRedirects === 0 || !isRedirect(response.status)) return response;
      await cookies.store(hop.url, response.headers['set-cookie']);
      hop = redirects.follow(hop, response);
    }
  }

  async #send(session: ProbeSession, hop: HttpHop, cookie: string | undefined): Promise<HttpResponse> {
    const { url, method, body } = hop;
    const headers = {
      host: url.host,
      ...this.#headersFor(hop),
      ...(cookie === undefined ? {} : { cookie }),
      connection: 'close',
      ...(body ? { 'content-length': String(body.length) } : {}),
    };
    const isHttp2 = this.target.http2 === true && isSecure(url);
    const socket = await this.#connect(session, url, headers.host, isHttp2 ? 'h2' : 'http/1.1');
    const request = { method, path: `${url.pathname}${url.search}`, headers, ...(body ? { body } : {}) };
    return (isHttp2 ? sendHttp2 : send)(session, socket, request, this.#checks.limits);
  }

  async #connect(session: ProbeSession, url: URL, host: string, protocol: 'h2' | 'http/1.1'): Promise<Socket> {
    const unsupported = `${hostPortOf(url)} does not support ${protocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1'}`;
    try {
      const socket = await session.connect(endpointOf(url, this.target.tls, host, protocol));
      if (protocol !== 'h2' || (socket instanceof TLSSocket && socket.alpnProtocol === protocol)) return socket;
    } catch (error) {
      if (codeOf(error) !== NO_APPLICATION_PROTOCOL) throw error;
    }
    throw new ProbeFailure(protocol === 'h2' ? unsupported : `${unsupported}; with http2: true it is probed by HTTP/2`);
  }

  /** The configured headers, as far as they fit the request. */
  #headersFor({ body, isSameOrigin }: HttpHop): Headers {
    const headers = isSameOrigin ? this.#headers : this.#crossOriginHeaders;
    if (body !== undefined || this.target.body === undefined) return headers;
    // They describe the body that the redirect has dropped.
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
  }

  async #failureReason(response: HttpResponse): Promise<string | undefined> {
    const { status } = response;
    if (!this.target.acceptedStatuses.some(({ from, to }) => status >= from && status <= to))
      return isRedirect(status) ? `answered ${status}, a redirect that is not followed` : `answered ${status}`;
    return this.#checks.failureReason(response);
  }
}
