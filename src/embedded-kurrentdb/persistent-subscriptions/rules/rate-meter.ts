/** Since the previous measurement of a monotonic total. */
export interface Rate {
  readonly count: number;
  readonly perSecond: number;
}

export class RateMeter {
  #lastTotal = 0;

  constructor(private lastMs: number) {}

  measure(total: number, nowMs: number): Rate {
    const count = total - this.#lastTotal;
    const elapsedMs = nowMs - this.lastMs;
    this.#lastTotal = total;
    this.lastMs = nowMs;
    return { count, perSecond: elapsedMs > 0 ? Math.floor((1000 * count) / elapsedMs) : 0 };
  }
}
