import { type IncomingMessage } from 'node:http';
import { type AppConfig } from '../config/index.js';
import { RateLimitedError } from '../errors/index.js';
import { clientAddress, networkOf } from './client-address.js';
import { identificationOf } from './current-caller.js';
import { FixedWindows } from './rate-limit.storage.js';

/** Who is counted. */
export interface Subject {
  readonly kind: 'user' | 'address';
  readonly name: string;
}

/** Authenticated callers by id; all other requests, also those with rejected credentials, by address. */
export function subjectOf(request: IncomingMessage, trustedProxies: number): Subject {
  const { caller } = identificationOf(request);
  return caller?.kind === 'known'
    ? { kind: 'user', name: caller.id }
    : { kind: 'address', name: networkOf(clientAddress(request, trustedProxies)) };
}

/** {@link subjectOf} as one string. */
export function subjectKey(request: IncomingMessage, trustedProxies: number): string {
  const { kind, name } = subjectOf(request, trustedProxies);
  return `${kind}:${name}`;
}

/** Result of counting a request: response headers, and the error of a request over the limit. */
export interface RateLimitResult {
  readonly headers: Readonly<Record<string, number>>;
  readonly error?: RateLimitedError;
}

/** Counts the requests of each {@link Subject} over all routes, and upgrades. */
export class RateLimit {
  readonly #windows: FixedWindows;

  constructor(
    private readonly config: Pick<AppConfig['http'], 'rateLimit' | 'trustedProxies'>,
    windows = new FixedWindows(),
  ) {
    this.#windows = windows;
  }

  /** Counts a request whose caller is known by now. */
  count(request: IncomingMessage): RateLimitResult {
    const { rateLimit, trustedProxies } = this.config;
    const subject = subjectOf(request, trustedProxies);
    const limit = subject.kind === 'user' ? rateLimit.limitPerUser : rateLimit.limit;
    const window = this.#windows.increment(`${subject.kind}:${subject.name}`, rateLimit.windowMs, limit);
    if (window.isBlocked)
      return {
        headers: { 'Retry-After': window.timeToBlockExpire },
        error: new RateLimitedError(messageFor(subject, limit, rateLimit.windowMs)),
      };
    return {
      headers: {
        'X-RateLimit-Limit': limit,
        'X-RateLimit-Remaining': limit - window.totalHits,
        'X-RateLimit-Reset': window.timeToExpire,
      },
    };
  }
}

function messageFor({ kind, name }: Subject, limit: number, windowMs: number): string {
  const who = kind === 'user' ? `by '${name}'` : `from address ${name}`;
  const allowed = `${limit} in ${windowMs / 1_000} seconds`;
  return `Too many requests ${who}: more than ${allowed}; wait for the seconds in Retry-After`;
}
