const MAX_TIMER_MS = 2 ** 31 - 1;

/** Rings at a time, or a little before it; whoever hears it looks at the clock. One timer, however often the time is moved on. */
export class DeadlineTimer {
  #timer: NodeJS.Timeout | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(private readonly onDeadline: () => void) {}

  /** Undefined: no need to ring. An earlier ring that is set already stays: it leads here again. */
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
