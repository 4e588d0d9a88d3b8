/** Source of time; passed in, so that tests can set it. */
export interface Clock {
  /** Wall-clock time as an integer of milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that never jumps, with fractions; only differences have a meaning. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
