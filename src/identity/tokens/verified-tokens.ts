import { type Clock, type KnownCaller } from '../../event-store/domain/index.js';

interface Verified {
  readonly caller: KnownCaller;
  /** By the monotonic clock, in milliseconds: no change of the wall clock makes it live longer. */
  readonly until: number;
}

/** A token that was verified is not verified again for so long. */
const LONGEST_MS = 30_000;
const MOST_TOKENS = 10_000;
/** Longer tokens are verified each time, so that the table cannot take much memory. */
const LONGEST_TOKEN = 8_192;

/**
 * Tokens that were verified a moment ago, by their whole text, with whom they named: one lookup instead of a signature's check for
 * each request. Only tokens that were in order get in, and none stays beyond its end.
 */
export class VerifiedTokens {
  readonly #tokens = new Map<string, Verified>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#tokens.size;
  }

  get(token: string): KnownCaller | undefined {
    const verified = this.#tokens.get(token);
    if (!verified) return undefined;
    if (this.clock.monotonic() < verified.until) return verified.caller;
    this.#tokens.delete(token);
    return undefined;
  }

  add(token: string, caller: KnownCaller): void {
    const lifetime = Math.min(LONGEST_MS, (caller.expiresAt ?? Number.POSITIVE_INFINITY) - this.clock.now());
    if (lifetime <= 0 || token.length > LONGEST_TOKEN) return;
    if (this.#tokens.size >= MOST_TOKENS) this.#forgetOldest();
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
