/** Event-loop lag of this process. */
export interface EventLoopLag {
  /** Cumulative lag in milliseconds with fractions, including the time while the process was suspended. */
  total(): number;
}
