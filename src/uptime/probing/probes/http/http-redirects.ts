import { ProbeFailure } from '../connection/connection-errors.js';
import { type HttpResponse } from './http-exchange.js';
import { hostPortOf } from '../connection/target-url.js';

/** A request in a chain of redirects. */
export interface HttpHop {
  readonly url: URL;
  readonly method: string;
  readonly body?: Buffer;
  /**
   * False after the first redirect to another origin, even after a redirect back: the request then carries nothing that
   * may be secret.
   */
  readonly isSameOrigin: boolean;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Redirects that preserve the method and the body. */
const METHOD_PRESERVING: readonly number[] = [307, 308];

export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status);
}

/** Follows the redirects of one probe. */
export class RedirectFollower {
  readonly #visited = new Set<string>();
  #followed = 0;

  constructor(private readonly maxRedirects: number) {}

  /** @throws ProbeFailure for too many redirects, a loop, or an unsupported destination */
  follow(hop: HttpHop, { status, headers }: Pick<HttpResponse, 'status' | 'headers'>): HttpHop {
    const { location } = headers;
    if (location === undefined || !URL.canParse(location, hop.url.href))
      throw new ProbeFailure(`answered ${status}, a redirect without a valid Location`);
    if (this.#followed === this.maxRedirects)
      throw new ProbeFailure(`redirected more than ${this.maxRedirects === 1 ? 'once' : `${this.maxRedirects} times`}`);
    this.#followed++;
    this.#visited.add(keyOf(hop));
    const next = nextHop(hop, status, new URL(location, hop.url));
    if (this.#visited.has(keyOf(next))) throw new ProbeFailure(`redirect loop at ${hostPortOf(hop.url)}`);
    return next;
  }
}

function nextHop({ url: from, method, body, isSameOrigin }: HttpHop, status: number, url: URL): HttpHop {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ProbeFailure(`redirected to the unsupported scheme ${url.protocol}`);
  const next = { url, isSameOrigin: isSameOrigin && url.origin === from.origin };
  if (!METHOD_PRESERVING.includes(status)) return { ...next, method: method === 'HEAD' ? 'HEAD' : 'GET' };
  if (body === undefined) return { ...next, method };
  if (!next.isSameOrigin)
    throw new ProbeFailure(`redirected to ${hostPortOf(url)}: the request body is not sent to another origin`);
  return { ...next, method, body };
}

function keyOf({ method, url }: HttpHop): string {
  return `${method} ${url.origin}${url.pathname}${url.search}`;
}
