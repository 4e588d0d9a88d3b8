import { type ThrottlerStorage } from '@nestjs/throttler';

/** The window that a tracker's first request opened; times in milliseconds of the storage's clock. */
interface Window {
  hits: number;
  readonly endsAt: number;
}

/** Windows of one generation; both full ones take some 11 MB, and a flood of addresses no more. */
const MAX_TRACKERS = 32_768;

/**
 * Counts requests in fixed windows, for every tracker one that begins with its first request. A hit costs the same however many there
 * were, unlike in the library's own storage, which keeps and filters an entry for each.
 *
 * Windows are kept in two generations. The older one is dropped as a whole when the younger one is a window's length old, as all in
 * it have ended by then; or when the younger one is full, which forgives some trackers their hits: better than to refuse those that
 * have made none.
 */
export class FixedWindows implements ThrottlerStorage {
  #younger = new Map<string, Window>();
  #older = new Map<string, Window>();
  #startedAt = -Infinity;

  /** @param now monotonic, in whole milliseconds: with fractions, a window of 60 seconds may seem to be a little longer, and is told as 61 */
  constructor(
    private readonly now: () => number = () => Math.floor(performance.now()),
    private readonly mostTrackers = MAX_TRACKERS,
  ) {}

  /** Windows that are kept, ended ones too. */
  get size(): number {
    return this.#younger.size + this.#older.size;
  }

  /** @returns times in seconds, rounded up, as they are told in headers */
  increment(tracker: string, windowMs: number, limit: number): ReturnType<ThrottlerStorage['increment']> {
    const now = this.now();
    const window = this.#windowOf(tracker, windowMs, now);
    window.hits++;
    const seconds = Math.ceil((window.endsAt - now) / 1_000);
    const isBlocked = window.hits > limit;
    return Promise.resolve({
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    });
  }

  #windowOf(tracker: string, windowMs: number, now: number): Window {
    const kept = this.#younger.get(tracker) ?? this.#older.get(tracker);
    if (kept && kept.endsAt > now) return kept;
    if (now >= this.#startedAt + windowMs || this.#younger.size >= this.mostTrackers) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#startedAt = now;
    }
    const opened = { hits: 0, endsAt: now + windowMs };
    this.#younger.set(tracker, opened);
    return opened;
  }
}
