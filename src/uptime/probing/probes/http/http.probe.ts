import { type NameResolver, systemNames } from '../../../../common/network/name-resolver.js';
import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { type HttpTarget, type ProbeResult } from '../../../domain/index.js';
import { BodyChecks } from './body-checks.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { send, type HttpResponse } from './http-exchange.js';
import { type HttpHop, isRedirect, RedirectFollower } from './http-redirects.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { normalizeHeaders, type Headers } from '../connection/request-headers.js';
import { basicAuthorization, hostPortOf, parseTargetUrl, endpointOf } from '../connection/target-url.js';

const METHOD = /^[A-Z][A-Z-]*$/;
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
    for (let hop = this.#firstHop; ;) {
      const response = await this.#send(session, hop);
      if (maxRedirects === 0 || !isRedirect(response.status)) return response;
      hop = redirects.follow(hop, response);
    }
  }

  async #send(session: ProbeSession, hop: HttpHop): Promise<HttpResponse> {
    const { url, method, body, isSameOrigin } = hop;
    const headers = {
      host: url.host,
      ...(isSameOrigin ? this.#headers : this.#crossOriginHeaders),
      connection: 'close',
      ...(body ? { 'content-length': String(body.length) } : {}),
    };
    const socket = await session.connect(endpointOf(url, this.target.tls, headers.host));
    return send(
      session,
      socket,
      { method, path: `${url.pathname}${url.search}`, headers, ...(body ? { body } : {}) },
      this.#checks.limits,
    );
  }

  async #failureReason(response: HttpResponse): Promise<string | undefined> {
    const { status } = response;
    if (!this.target.acceptedStatuses.some(({ from, to }) => status >= from && status <= to))
      return isRedirect(status) ? `answered ${status}, a redirect that is not followed` : `answered ${status}`;
    return this.#checks.failureReason(response);
  }
}
