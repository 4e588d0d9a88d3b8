import { type ProbeTarget } from './probe-target.js';
import { type ProbingRules } from '../samples/probes-recorded.js';
import { type Thresholds } from '../status/status-detector.js';

/** One service: what is probed, how often, and how it is judged. Durations in milliseconds. */
export interface MonitoredService extends ProbingRules, Thresholds {
  readonly name: string;
  readonly target: ProbeTarget;
  readonly tags: readonly string[];
  /** Each probe begins up to so much later than its turn, by chance. */
  readonly jitterMs: number;
  /** How often a failed probe is tried again, within its interval, before it counts. */
  readonly retries: number;
  /** How long after a failed try the next one begins. */
  readonly retryDelayMs: number;
}
