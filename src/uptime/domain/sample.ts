import { type GradeLimits, gradeOf, type ObservedStatus, type PerformanceGrade } from './service-status.js';

/** Outcome of one probe. */
export interface Sample {
  /** When the probe began, in milliseconds since 1970, integer. */
  readonly at: number;
  /** How long it took until the target answered or the probe gave up, in microseconds, integer, by the monotonic clock. */
  readonly responseMicros: number;
  readonly status: ObservedStatus;
  /** How fast the answer was; absent where there was none. */
  readonly grade?: PerformanceGrade;
  /** Why it failed, for a person; only where it did. */
  readonly error?: string;
}

/** What a probe found, before it is judged. */
export interface ProbeFinding {
  /** As in {@link Sample}. */
  readonly at: number;
  /** Milliseconds with fractions. */
  readonly responseTime: number;
  readonly error?: string;
}

/** Judges a finding: failed is `down`, slow is `degraded`, else `up`. */
export function judge({ at, responseTime, error }: ProbeFinding, limits: GradeLimits): Sample {
  const responseMicros = Math.max(0, Math.round(responseTime * 1_000));
  if (error !== undefined) return { at, responseMicros, status: 'down', error };
  const grade = gradeOf(responseMicros / 1_000, limits);
  return { at, responseMicros, status: grade === 'slow' ? 'degraded' : 'up', grade };
}
