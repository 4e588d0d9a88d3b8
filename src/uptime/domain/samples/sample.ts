import { type GradeLimits, gradeOf, type ObservedStatus, type PerformanceGrade } from '../status/service-status.js';

/** Outcome of one probe. */
export interface Sample {
  /** When the probe began, in milliseconds since 1970, integer. */
  readonly at: number;
  /** How long it took until the target answered or the probe gave up, in microseconds, integer, by the monotonic clock. */
  readonly responseMicros: number;
  readonly status: ObservedStatus;
  /** How fast the answer was, without {@link delayMicros}; absent where there was none. */
  readonly grade?: PerformanceGrade;
  /** Why it failed, or answered and is degraded all the same, for a person. */
  readonly error?: string;
  /** How much of the response time this process itself was held up, in microseconds, integer; absent where it was not. */
  readonly delayMicros?: number;
}

/** What a probe found, before it is judged. */
export interface ProbeMeasurement {
  /** As in {@link Sample}. */
  readonly at: number;
  /** Milliseconds with fractions. */
  readonly responseTime: number;
  readonly error?: string;
  /** What is wrong although it answered. */
  readonly warning?: string;
  /** Milliseconds of the response time that this process was held up: no fault of the target's. */
  readonly delay?: number;
}

/** Judges a finding: failed is `down`, slow or with a warning is `degraded`, else `up`. */
export function toSample(
  { at, responseTime, error, warning, delay = 0 }: ProbeMeasurement,
  limits: GradeLimits,
): Sample {
  const responseMicros = Math.max(0, Math.round(responseTime * 1_000));
  const delayMicros = Math.min(responseMicros, Math.max(0, Math.round(delay * 1_000)));
  const taken = { at, responseMicros, ...(delayMicros === 0 ? {} : { delayMicros }) };
  if (error !== undefined) return { ...taken, status: 'down', error };
  const grade = gradeOfSample(taken, limits);
  const status = warning !== undefined || grade === 'slow' ? 'degraded' : 'up';
  return { ...taken, status, grade, ...(warning === undefined ? {} : { error: warning }) };
}

/** How fast the target was: what this process was held up does not count. */
export function gradeOfSample(
  { responseMicros, delayMicros = 0 }: Pick<Sample, 'responseMicros' | 'delayMicros'>,
  limits: GradeLimits,
): PerformanceGrade {
  return gradeOf((responseMicros - delayMicros) / 1_000, limits);
}
