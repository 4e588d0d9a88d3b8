import { type TimeRange } from '../../domain/index.js';

/** How fast a service was, of its answered samples; in milliseconds with fractions, each within 1/32 (3.2 %). */
export interface ResponseTimes {
  /** How many samples they are about. */
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface ErrorCount {
  /** A short key that errors of one kind have in common, or `other` for those of kinds that came when there were too many already. */
  readonly kind: string;
  /** Samples with such an error, or with such a warning. */
  readonly count: number;
}

/**
 * What the raw samples say beyond statuses. Answers are about whole minutes, hours or days (UTC), as fine as they are kept: the edges of
 * a window are widened to minutes in the last two days before the service's newest sample, to hours in the last sixty, and to days before that.
 */
export interface ResponseHistory {
  /** Undefined where no sample of the window was answered. */
  responseTimes(service: string, window: TimeRange): ResponseTimes | undefined;
  /** The most frequent ones first. */
  errorKinds(service: string, window: TimeRange): ErrorCount[];
}
