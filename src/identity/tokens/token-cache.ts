import { LRUCache } from 'lru-cache';
import { type Clock, type AuthenticatedCaller } from '../../event-store/domain/index.js';

interface CacheEntry {
  readonly caller: AuthenticatedCaller;
  /** Milliseconds of the monotonic clock, so that no change of the wall clock extends the lifetime. */
  readonly expiresAt: number;
}

/** Interval after which a token is verified again. */
const MAX_AGE_MS = 30_000;
const MAX_TOKENS = 10_000;
/** Longer tokens are not cached: they would take too much memory. */
const MAX_TOKEN_LENGTH = 8_192;

/**
 * Callers of valid tokens by the whole token: a lookup instead of a signature check for each request. No entry outlives
 * its token.
 */
export class TokenCache {
  readonly #tokens = new LRUCache<string, CacheEntry>({ max: MAX_TOKENS });

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#tokens.size;
  }

  get(token: string): AuthenticatedCaller | undefined {
    const entry = this.#tokens.get(token);
    if (!entry) return undefined;
    if (this.clock.monotonic() < entry.expiresAt) return entry.caller;
    this.#tokens.delete(token);
    return undefined;
  }

  add(token: string, caller: AuthenticatedCaller): void {
    const lifetime = Math.min(MAX_AGE_MS, (caller.expiresAt ?? Number.POSITIVE_INFINITY) - this.clock.now());
    if (lifetime <= 0 || token.length > MAX_TOKEN_LENGTH) return;
    this.#tokens.set(token, { caller, expiresAt: this.clock.monotonic() + lifetime });
  }
}
