/** Fixed window of one tracker, opened by its first request; times in ms of the storage's clock. */
interface Window {
  hits: number;
  readonly endsAt: number;
}

/** State of a tracker's window; times in seconds, rounded up, as response headers need them. */
export interface WindowState {
  readonly totalHits: number;
  readonly timeToExpire: number;
  readonly isBlocked: boolean;
  readonly timeToBlockExpire: number;
}

/** In one generation; two full generations take about 11 MB. */
const MAX_TRACKERS = 32_768;

/**
 * Fixed-window counters, one per tracker. A hit costs O(1).
 *
 * Windows are kept in two generations. The older one is dropped when the younger one is one window length old: all
 * windows in it have ended by then. It is also dropped when the younger one is full: some trackers then start again
 * from zero, which is better than to reject trackers that have sent nothing.
 */
export class FixedWindows {
  #younger = new Map<string, Window>();
  #older = new Map<string, Window>();
  #startedAt = -Infinity;

  /** @param now monotonic clock in integer ms: fractions could make a window of 60 seconds appear as 61 in headers */
  constructor(
    private readonly now: () => number = () => Math.floor(performance.now()),
    private readonly maxTrackers = MAX_TRACKERS,
  ) {}

  /** Number of stored windows, including ended ones. */
  get size(): number {
    return this.#younger.size + this.#older.size;
  }

  increment(tracker: string, windowMs: number, limit: number): WindowState {
    const now = this.now();
    const window = this.#windowOf(tracker, windowMs, now);
    window.hits++;
    const seconds = Math.ceil((window.endsAt - now) / 1_000);
    const isBlocked = window.hits > limit;
    return {
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    };
  }

  #windowOf(tracker: string, windowMs: number, now: number): Window {
    const kept = this.#younger.get(tracker) ?? this.#older.get(tracker);
    if (kept && kept.endsAt > now) return kept;
    if (now >= this.#startedAt + windowMs || this.#younger.size >= this.maxTrackers) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#startedAt = now;
    }
    const opened = { hits: 0, endsAt: now + windowMs };
    this.#younger.set(tracker, opened);
    return opened;
  }
}
