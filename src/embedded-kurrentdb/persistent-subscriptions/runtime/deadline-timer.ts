const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back at a deadline, or earlier if that exceeds the range of timers: the callback must check the clock. One
 * timer, however often the deadline is postponed.
 */
export class DeadlineTimer {
  #timer: NodeJS.Timeout | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(private readonly onDeadline: () => void) {}

  /** Sets the deadline; undefined clears it. An earlier pending one is kept: its callback sets the deadline again. */
  set(atMs: number | undefined, nowMs: number): void {
    if (atMs === undefined) {
      this.clear();
      return;
    }
    if (this.#timer !== undefined && this.#deadlineMs <= atMs) return;
    this.clear();
    this.#deadlineMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.clear();
        this.onDeadline();
      },
      Math.min(Math.max(0, atMs - nowMs), MAX_TIMER_MS),
    );
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }
}
