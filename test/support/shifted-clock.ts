import { type Clock } from '../../src/event-store/domain/index.js';

/** The clocks of this machine, set forward by what a test says. */
export class ShiftedClock implements Clock {
  aheadMs = 0;

  now(): number {
    return Date.now() + this.aheadMs;
  }

  monotonic(): number {
    return performance.now() + this.aheadMs;
  }
}
