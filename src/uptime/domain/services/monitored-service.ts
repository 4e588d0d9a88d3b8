import { type ProbeTarget } from './probe-target.js';
import { type ProbingRules } from '../samples/probes-recorded.js';
import { type Thresholds } from '../status/status-detector.js';

/** Configuration of a service: its target, schedule and thresholds. Durations in milliseconds. */
export interface MonitoredService extends ProbingRules, Thresholds {
  readonly name: string;
  /** Not probed, and its reports are rejected; unknown from then on. */
  readonly isPaused?: true;
  readonly target: ProbeTarget;
  readonly tags: readonly string[];
  /** Upper limit of the random delay before each probe. */
  readonly jitterMs: number;
  /** Retries of a failed probe, within its interval, before it counts as failed. */
  readonly retries: number;
  /** Delay between a failed attempt and the next one. */
  readonly retryDelayMs: number;
}
