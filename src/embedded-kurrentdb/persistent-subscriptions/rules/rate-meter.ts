/** What came since it was asked before. */
export interface Rate {
  readonly count: number;
  readonly perSecond: number;
}

/** KeyedMutex a total that only rises into what came between two questions, as the statistics of groups tell it. */
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
