import { type Clock } from '../../src/event-store/domain/index.js';

/** System clock, shifted forward by `aheadMs`. */
export class ShiftedClock implements Clock {
  aheadMs = 0;

  now(): number {
    return Date.now() + this.aheadMs;
  }

  monotonic(): number {
    return performance.now() + this.aheadMs;
  }
}
