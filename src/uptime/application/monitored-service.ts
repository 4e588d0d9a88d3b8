import { type ProbingRules, type Thresholds } from '../domain/index.js';

/** One service, and how it is probed and judged. */
export interface MonitoredService extends ProbingRules, Thresholds {
  readonly name: string;
}
