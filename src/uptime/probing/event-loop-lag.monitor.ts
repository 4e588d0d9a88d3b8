import { type Clock } from '../../event-store/index.js';
import { type EventLoopLag } from './application/index.js';

const INTERVAL_MS = 20;
/** Normal timer inaccuracy, not counted as lag. */
const TOLERANCE_MS = 5;

/** Measures event-loop lag by the delay of a periodic timer. */
export class EventLoopLagMonitor implements EventLoopLag {
  #total = 0;
  #last: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {
    this.#last = clock.monotonic();
  }

  start(): void {
    if (this.#timer) return;
    this.#last = this.clock.monotonic();
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Includes the lag of the current, overdue tick: the caller may run before the timer in the same loop iteration. */
  total(): number {
    return this.#total + (this.#timer ? this.#lag() : 0);
  }

  #tick(): void {
    this.#total += this.#lag();
    this.#last = this.clock.monotonic();
  }

  #lag(): number {
    const lag = this.clock.monotonic() - this.#last - INTERVAL_MS;
    return lag > TOLERANCE_MS ? lag : 0;
  }
}
