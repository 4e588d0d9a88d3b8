import { type TimeRange } from '../../domain/index.js';

/** Response times of samples with a response, in milliseconds with fractions, accurate to 1/32 (3.2 %). */
export interface ResponseTimes {
  /** Number of samples. */
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface ErrorCount {
  /** Short key that groups similar errors; `other` once there are too many keys. */
  readonly kind: string;
  /** Number of samples with such an error or warning. */
  readonly count: number;
}

/**
 * Response times and errors from the rollups of raw samples, by minute, hour or day (UTC). The edges of a window are
 * widened to minutes in the last two days before the newest sample of the service, to hours in the last sixty days,
 * and to days before that.
 */
export interface ResponseHistory {
  /** Undefined if no sample of the window has a response. */
  responseTimes(service: string, window: TimeRange): ResponseTimes | undefined;
  /** Most frequent first. */
  errorKinds(service: string, window: TimeRange): ErrorCount[];
}
