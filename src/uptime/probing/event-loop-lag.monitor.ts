import { type Clock } from '../../event-store/index.js';
import { type EventLoopLag } from './application/index.js';

/** How often the event loop is looked at. */
const PULSE_MS = 20;
/** A timer may be late by so much without anything being wrong. */
const TOLERATED_MS = 5;

/** Notices how long the event loop did not turn, by a timer that comes late then. */
export class EventLoopLagMonitor implements EventLoopLag {
  #lost = 0;
  #last: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {
    this.#last = clock.monotonic();
  }

  start(): void {
    if (this.#timer) return;
    this.#last = this.clock.monotonic();
    this.#timer = setInterval(() => this.#pulse(), PULSE_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Includes what the pulse that is due has still to find: whoever asks may be earlier in the turn that is late. */
  total(): number {
    return this.#lost + (this.#timer ? this.#late() : 0);
  }

  #pulse(): void {
    this.#lost += this.#late();
    this.#last = this.clock.monotonic();
  }

  #late(): number {
    const late = this.clock.monotonic() - this.#last - PULSE_MS;
    return late > TOLERATED_MS ? late : 0;
  }
}
