import { type ProbeResult } from '../../domain/index.js';

/** Probes a single target. */
export interface Probe {
  /**
   * Resolves with the result, also if the target cannot be reached.
   *
   * @param signal closes all connections when it aborts; the outcome of the promise is ignored from then on
   */
  probe(signal: AbortSignal): Promise<ProbeResult>;
  /** Releases resources that are kept between probes. */
  close?(): Promise<void>;
}
