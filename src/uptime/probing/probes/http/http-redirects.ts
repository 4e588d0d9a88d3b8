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

export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status);
}

/** Follows the redirects of one probe. */
export class RedirectFollower {
  readonly #visited = new Set<string>();
  #followed = 0;

  constructor(private readonly maxRedirects: number) {}

  /**
   * Notes a request before it is sent. The same one again gets the same response, except with other cookies.
   *
   * @throws ProbeFailure for a loop
   */
  visit({ method, url }: HttpHop, cookie = ''): void {
    const key = JSON.stringify([method, url.origin, url.pathname, url.search, cookie]);
    if (this.#visited.has(key)) throw new ProbeFailure(`redirect loop at ${hostPortOf(url)}`);
    this.#visited.add(key);
  }

  /** @throws ProbeFailure for too many redirects, or an unsupported destination */
  follow(hop: HttpHop, { status, headers }: Pick<HttpResponse, 'status' | 'headers'>): HttpHop {
    const location = headers.location === undefined ? undefined : encodeBytes(headers.location);
    if (location === undefined || !URL.canParse(location, hop.url.href))
      throw new ProbeFailure(`answered ${status}, a redirect without a valid Location`);
    if (this.#followed === this.maxRedirects)
      throw new ProbeFailure(`redirected more than ${this.maxRedirects === 1 ? 'once' : `${this.maxRedirects} times`}`);
    this.#followed++;
    return nextHop(hop, status, new URL(location, hop.url));
  }
}

/** Percent-encodes the bytes beyond ASCII, each of which Node gives as a character, as browsers do. */
function encodeBytes(header: string): string {
  return header.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

function nextHop({ url: from, method, body, isSameOrigin }: HttpHop, status: number, url: URL): HttpHop {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ProbeFailure(`redirected to the unsupported scheme ${url.protocol}`);
  const next = { url, isSameOrigin: isSameOrigin && url.origin === from.origin };
  if (becomesGet(status, method)) return { ...next, method: 'GET' };
  if (body === undefined) return { ...next, method };
  if (!next.isSameOrigin)
    throw new ProbeFailure(`redirected to ${hostPortOf(url)}: the request body is not sent to another origin`);
  return { ...next, method, body };
}

/** RFC 9110, 15.4. */
function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'HEAD';
  return method === 'POST' && (status === 301 || status === 302);
}
