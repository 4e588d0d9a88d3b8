import { type Clock, type AuthenticatedCaller } from '../../event-store/domain/index.js';

interface Verified {
  readonly caller: AuthenticatedCaller;
  /** By the monotonic clock, in milliseconds: no change of the wall clock makes it live longer. */
  readonly until: number;
}

/** A token that was verified is not verified again for so long. */
const MAX_MS = 30_000;
const MAX_TOKENS = 10_000;
/** Longer tokens are verified each time, so that the table cannot take much memory. */
const MAX_TOKEN_LENGTH = 8_192;

/**
 * Tokens that were verified a moment ago, by their whole text, with whom they named: one lookup instead of a signature's check for
 * each request. Only tokens that were in order get in, and none stays beyond its end.
 */
export class TokenCache {
  readonly #tokens = new Map<string, Verified>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#tokens.size;
  }

  get(token: string): AuthenticatedCaller | undefined {
    const verified = this.#tokens.get(token);
    if (!verified) return undefined;
    if (this.clock.monotonic() < verified.until) return verified.caller;
    this.#tokens.delete(token);
    return undefined;
  }

  add(token: string, caller: AuthenticatedCaller): void {
    const lifetime = Math.min(MAX_MS, (caller.expiresAt ?? Number.POSITIVE_INFINITY) - this.clock.now());
    if (lifetime <= 0 || token.length > MAX_TOKEN_LENGTH) return;
    if (this.#tokens.size >= MAX_TOKENS) this.#forgetOldest();
    this.#tokens.set(token, { caller, until: this.clock.monotonic() + lifetime });
  }

  /** A map keeps the order of insertion: the first entry is the one that was verified longest ago. */
  #forgetOldest(): void {
    for (const token of this.#tokens.keys()) {
      this.#tokens.delete(token);
      return;
    }
  }
}
