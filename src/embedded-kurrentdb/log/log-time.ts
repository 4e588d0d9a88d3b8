/** Of the elapsed time, while the system clock is behind: it catches up within twice the time by which it was set back. */
const CATCH_UP_RATE = 0.5;

interface SystemClocks {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

/**
 * The system time, but never decreasing: creation times ascend with the positions, also over restarts. While the system clock is
 * behind, it advances at half speed.
 *
 * @param lastMs creation time of the last event
 */
export function logTime(lastMs: number, { wallMs, monotonicMs }: SystemClocks): () => number {
  let latest = lastMs;
  let at = monotonicMs();
  return () => {
    const now = monotonicMs();
    latest = Math.max(wallMs(), latest + (now - at) * CATCH_UP_RATE);
    at = now;
    return Math.floor(latest);
  };
}
