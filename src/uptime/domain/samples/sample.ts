import { type GradeLimits, gradeOf, type ObservedStatus, type PerformanceGrade } from '../status/service-status.js';

/** Outcome of one probe, as recorded. */
export interface Sample {
  /** Start of the probe, in milliseconds since 1970, integer. */
  readonly at: number;
  /** Time until the target responded or the probe gave up, in microseconds, integer, by the monotonic clock. */
  readonly responseMicros: number;
  readonly status: ObservedStatus;
  /** Grade of the response time without {@link delayMicros}; absent for `down`. */
  readonly grade?: PerformanceGrade;
  /** Why the sample is `down`, or `degraded` despite a response; human-readable. */
  readonly error?: string;
  /** Part of the response time that is event-loop lag of this process, in microseconds, integer; absent if zero. */
  readonly delayMicros?: number;
  /** Revision of the report that the sample was made from, in decimal; absent for a probe. Not recorded by sample. */
  readonly reportRevision?: string;
}

/** Outcome of a probe before it is classified. */
export interface ProbeMeasurement {
  /** As in {@link Sample}. */
  readonly at: number;
  /** Milliseconds with fractions. */
  readonly responseTime: number;
  readonly error?: string;
  /** A problem despite a successful response. */
  readonly warning?: string;
  /** Event-loop lag of this process during the probe, in milliseconds; not attributed to the target. */
  readonly delay?: number;
}

/** Classifies a measurement: an error is `down`, a warning or grade `slow` is `degraded`, otherwise `up`. */
export function toSample(
  { at, responseTime, error, warning, delay = 0 }: ProbeMeasurement,
  limits: GradeLimits,
): Sample {
  const responseMicros = Math.max(0, Math.round(responseTime * 1_000));
  const delayMicros = Math.min(responseMicros, Math.max(0, Math.round(delay * 1_000)));
  const timing = { at, responseMicros, ...(delayMicros === 0 ? {} : { delayMicros }) };
  if (error !== undefined) return { ...timing, status: 'down', error };
  const grade = gradeOfSample(timing, limits);
  const status = warning !== undefined || grade === 'slow' ? 'degraded' : 'up';
  return { ...timing, status, grade, ...(warning === undefined ? {} : { error: warning }) };
}

/** Grade of the target's response time, without the event-loop lag of this process. */
export function gradeOfSample(
  { responseMicros, delayMicros = 0 }: Pick<Sample, 'responseMicros' | 'delayMicros'>,
  limits: GradeLimits,
): PerformanceGrade {
  return gradeOf((responseMicros - delayMicros) / 1_000, limits);
}
