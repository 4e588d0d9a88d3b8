/**
 * Of the elapsed time, while the wall clock is behind: it catches up within twice the time by which it was set back.
 */
const CATCH_UP_RATE = 0.5;

/**
 * Wall-clock time that never goes back and never stands still: while the wall clock is behind what was given before,
 * time advances at half the speed of the monotonic clock.
 */
export class AdvancingTime {
  #latest: number;
  #at: number;

  /** @param lastMs a time that was given before, by an earlier process too */
  constructor(
    private readonly clock: { now(): number; monotonic(): number },
    lastMs = -Infinity,
  ) {
    this.#latest = lastMs;
    this.#at = clock.monotonic();
  }

  /** Integer of milliseconds since 1970; equal to the one before only if less than 2 ms have passed. */
  now(): number {
    const at = this.clock.monotonic();
    this.#latest = Math.max(this.clock.now(), this.#latest + Math.max(0, at - this.#at) * CATCH_UP_RATE);
    this.#at = at;
    return Math.floor(this.#latest);
  }
}
