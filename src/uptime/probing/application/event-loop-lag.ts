/** Time that this process has lost: its event loop was blocked, or the whole process stood still. */
export interface EventLoopLag {
  /** Milliseconds so far, with fractions; only ever grows. */
  total(): number;
}
