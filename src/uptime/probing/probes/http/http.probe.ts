import { type Clock } from '../../../../event-store/index.js';
import { type Probe } from '../../application/index.js';
import { type HttpTarget, type ProbeResult } from '../../../domain/index.js';
import { BodyChecks } from './body-checks.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { send, type HttpResponse } from './http-exchange.js';
import { type HttpStep, isRedirect, RedirectFollower } from './http-redirects.js';
import { type ProbeSession, withProbeSession } from '../connection/probe-session.js';
import { checkHeaders, type Headers } from './request-headers.js';
import { basicAuthorization, endpointOf, parseTargetUrl, endpointForUrl } from '../connection/target-url.js';

const METHOD = /^[A-Z][A-Z-]*$/;
/** Sent to every origin; the other headers may hold secrets. */
const CROSS_ORIGIN_SAFE_HEADERS: readonly string[] = ['accept', 'accept-encoding', 'accept-language', 'user-agent'];
/** Where the target says nothing else. A body that is to be looked at must come as it is. */
const DEFAULT_HEADERS: Headers = {
  accept: '*/*',
  'accept-encoding': 'identity',
  'user-agent': 'penguin-pool-streams-probe',
};

/**
 * Asks a URL and judges the answer by its status, its body and its time, once the body has arrived (or as much of it as is looked at).
 * Redirects are followed as far as the target says; to another origin go neither credentials nor configured headers nor a body.
 *
 * Each probe makes a connection of its own, so that a listener that died shows at once.
 */
export class HttpProbe implements Probe {
  readonly #first: HttpStep;
  readonly #endpoint: string;
  readonly #headers: Headers;
  readonly #harmlessHeaders: Headers;
  readonly #checks: BodyChecks;

  /** @throws Error that says what of the target cannot be sent or understood, without its secrets */
  constructor(
    private readonly target: HttpTarget & { readonly url: string },
    private readonly clock: Clock,
  ) {
    const { method, body } = target;
    if (!METHOD.test(method) || method === 'CONNECT')
      throw new Error(`A probe cannot send the method ${method}; write one as GET or POST`);
    const url = parseTargetUrl(target.url, ['http:', 'https:']);
    this.#endpoint = endpointOf(url);
    this.#first = { url, method, isTrusted: true, ...(body === undefined ? {} : { body: Buffer.from(body) }) };
    this.#headers = { ...DEFAULT_HEADERS, ...basicAuthorization(url), ...checkHeaders(target.headers) };
    this.#harmlessHeaders = Object.fromEntries(
      Object.entries(this.#headers).filter(([name]) => CROSS_ORIGIN_SAFE_HEADERS.includes(name)),
    );
    this.#checks = new BodyChecks(target);
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return withProbeSession(this.clock, this.#endpoint, signal, (run) => this.#ask(run));
  }

  async #ask(run: ProbeSession): Promise<void> {
    const fault = this.#findFault(await this.#follow(run));
    if (fault !== undefined) throw new ProbeFailure(fault);
    const { responseTimeBelowMs: limit = Infinity } = this.target;
    const { elapsed } = run;
    if (elapsed >= limit)
      throw new ProbeFailure(`answered in ${Math.floor(elapsed)} ms, which is not below ${limit} ms`);
  }

  async #follow(run: ProbeSession): Promise<HttpResponse> {
    const { maxRedirects } = this.target;
    const trail = new RedirectFollower(maxRedirects);
    for (let step = this.#first; ;) {
      const reply = await this.#send(run, step);
      if (maxRedirects === 0 || !isRedirect(reply.status)) return reply;
      step = trail.follow(step, reply);
    }
  }

  async #send(run: ProbeSession, step: HttpStep): Promise<HttpResponse> {
    const { url, method, body, isTrusted } = step;
    const headers = {
      host: url.host,
      ...(isTrusted ? this.#headers : this.#harmlessHeaders),
      connection: 'close',
      ...(body ? { 'content-length': String(body.length) } : {}),
    };
    const socket = await run.connect(endpointForUrl(url, this.target.tls, headers.host));
    return send(
      run,
      socket,
      { method, path: `${url.pathname}${url.search}`, headers, ...(body ? { body } : {}) },
      this.#checks.limits,
    );
  }

  #findFault(reply: HttpResponse): string | undefined {
    const { status } = reply;
    if (!this.target.acceptedStatuses.some(({ from, to }) => status >= from && status <= to))
      return isRedirect(status) ? `answered ${status}, a redirect, which is not followed` : `answered ${status}`;
    return this.#checks.findFault(reply);
  }
}
