/** Confirmed status of a service. `unknown`: not probed, or no status confirmed yet. */
export const SERVICE_STATUSES = ['up', 'degraded', 'down', 'unknown'] as const;
export type ServiceStatus = (typeof SERVICE_STATUSES)[number];

/** Status of a single sample. */
export const OBSERVED_STATUSES = ['up', 'degraded', 'down'] as const;
export type ObservedStatus = (typeof OBSERVED_STATUSES)[number];

/** Whether a change is for the worse; from `unknown`, anything but `up` is. */
export function isWorse(to: ObservedStatus, from: ServiceStatus): boolean {
  const badness = (status: ServiceStatus): number => (status === 'unknown' ? 0 : OBSERVED_STATUSES.indexOf(status));
  return badness(to) > badness(from);
}

export const PERFORMANCE_GRADES = ['excellent', 'good', 'acceptable', 'slow'] as const;
export type PerformanceGrade = (typeof PERFORMANCE_GRADES)[number];

/** Exclusive upper limits of the response time, in milliseconds: `excellent` is below `excellentMs`, and so on. */
export interface GradeLimits {
  readonly excellentMs: number;
  readonly goodMs: number;
  readonly acceptableMs: number;
}

export const DEFAULT_GRADE_LIMITS: GradeLimits = { excellentMs: 100, goodMs: 300, acceptableMs: 1_000 };

/** Grade of a response time in milliseconds; `slow` from `acceptableMs` on. */
export function gradeOf(responseTimeMs: number, limits: GradeLimits = DEFAULT_GRADE_LIMITS): PerformanceGrade {
  if (responseTimeMs < limits.excellentMs) return 'excellent';
  if (responseTimeMs < limits.goodMs) return 'good';
  if (responseTimeMs < limits.acceptableMs) return 'acceptable';
  return 'slow';
}
