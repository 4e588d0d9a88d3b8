import { ProbeFailure } from '../connection/connection-errors.js';
import { type HttpResponse } from './http-exchange.js';
import { endpointOf } from '../connection/target-url.js';

/** What is asked for next, after redirects so far. */
export interface HttpStep {
  readonly url: URL;
  readonly method: string;
  readonly body?: Buffer;
  /** False from the first redirect to another origin on: what may hold secrets is sent no more, not even after a way back. */
  readonly isTrusted: boolean;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Of these, the method and the body stay the same. */
const REPEATING: readonly number[] = [307, 308];

export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status);
}

/** Follows the redirects of one probe. */
export class RedirectFollower {
  readonly #visited = new Set<string>();
  #followed = 0;

  constructor(private readonly most: number) {}

  /** @throws ProbeFailure for one too many, for a loop, and for one that leads where no probe goes */
  follow(step: HttpStep, { status, headers }: Pick<HttpResponse, 'status' | 'headers'>): HttpStep {
    const { location } = headers;
    if (location === undefined || !URL.canParse(location, step.url.href))
      throw new ProbeFailure(`answered ${status}, a redirect that does not say where to`);
    if (this.#followed === this.most)
      throw new ProbeFailure(`redirected more than ${this.most === 1 ? 'once' : `${this.most} times`}`);
    this.#followed++;
    this.#visited.add(keyOf(step));
    const next = nextStep(step, status, new URL(location, step.url));
    if (this.#visited.has(keyOf(next))) throw new ProbeFailure(`redirected in a loop by ${endpointOf(step.url)}`);
    return next;
  }
}

function nextStep({ url: from, method, body, isTrusted }: HttpStep, status: number, url: URL): HttpStep {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ProbeFailure(`redirected to an address that begins with ${url.protocol}, which is not followed`);
  const next = { url, isTrusted: isTrusted && url.origin === from.origin };
  if (!REPEATING.includes(status)) return { ...next, method: method === 'HEAD' ? 'HEAD' : 'GET' };
  if (body === undefined) return { ...next, method };
  if (!next.isTrusted)
    throw new ProbeFailure(`redirected with its body to ${endpointOf(url)}, another origin, which is not given it`);
  return { ...next, method, body };
}

function keyOf({ method, url }: HttpStep): string {
  return `${method} ${url.origin}${url.pathname}${url.search}`;
}
