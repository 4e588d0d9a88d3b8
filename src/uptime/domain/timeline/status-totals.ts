import { SERVICE_STATUSES, type ServiceStatus } from '../status/service-status.js';

/** Milliseconds that a service had each status. */
export type TimeByStatus = Readonly<Record<ServiceStatus, number>>;

/**
 * Milliseconds of a window by status, integers: outside maintenance, and within `maintenance`. All eight add up to the
 * length of the window, and the totals of consecutive windows add up to those of the combined window.
 */
export interface StatusTotals extends TimeByStatus {
  readonly maintenance: TimeByStatus;
}

const NO_TIME: TimeByStatus = { up: 0, degraded: 0, down: 0, unknown: 0 };

/** Totals of an empty window. */
export const NO_TOTALS: StatusTotals = { ...NO_TIME, maintenance: NO_TIME };

/** Totals of two disjoint windows. */
export function addTotals(a: StatusTotals, b: StatusTotals): StatusTotals {
  return { ...addTime(a, b), maintenance: addTime(a.maintenance, b.maintenance) };
}

/** Milliseconds over all statuses. */
export function totalTime(time: TimeByStatus): number {
  return SERVICE_STATUSES.reduce((sum, status) => sum + time[status], 0);
}

export function addTime(a: TimeByStatus, b: TimeByStatus): TimeByStatus {
  return { up: a.up + b.up, degraded: a.degraded + b.degraded, down: a.down + b.down, unknown: a.unknown + b.unknown };
}
