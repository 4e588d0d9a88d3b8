/** What a target answered to one probe. */
export interface ProbeAnswer {
  /** Milliseconds with fractions, by the monotonic clock, until the target had answered or was found not to. */
  readonly responseTime: number;
  /** Why the answer is a failure, for a person, without credentials; absent where it is none. */
  readonly error?: string;
}

/** Asks one target, once, whether it works. */
export interface Probe {
  /**
   * Resolves with what was found, also where the target cannot be reached.
   *
   * @param signal when it aborts, everything that was opened is closed; what the promise does then is of no interest
   */
  probe(signal: AbortSignal): Promise<ProbeAnswer>;
  /** Gives back what is kept between probes, where something is. */
  close?(): Promise<void>;
}
