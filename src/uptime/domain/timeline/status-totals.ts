import { SERVICE_STATUSES, type ServiceStatus } from '../status/service-status.js';

/** Milliseconds that a service had each status. */
export type TimeByStatus = Readonly<Record<ServiceStatus, number>>;

/**
 * Milliseconds of a window, integers, each in one place: by status while there was no maintenance, and by status within maintenance.
 * All eight together are the length of the window, and totals of windows that follow one another add up to those of the whole.
 */
export interface StatusTotals extends TimeByStatus {
  readonly maintenance: TimeByStatus;
}

const NO_TIME: TimeByStatus = { up: 0, degraded: 0, down: 0, unknown: 0 };

/** The totals of a window without length. */
export const NO_TOTALS: StatusTotals = { ...NO_TIME, maintenance: NO_TIME };

/** The totals of two windows that have no time in common. */
export function addTotals(a: StatusTotals, b: StatusTotals): StatusTotals {
  return { ...addTime(a, b), maintenance: addTime(a.maintenance, b.maintenance) };
}

/** The totals of a window without a part of it: what {@link addTotals} adds to the part to give the whole. */
export function subtractTotals(whole: StatusTotals, part: StatusTotals): StatusTotals {
  return { ...subtractTime(whole, part), maintenance: subtractTime(whole.maintenance, part.maintenance) };
}

/** Milliseconds of all statuses together. */
export function wholeOf(time: TimeByStatus): number {
  return SERVICE_STATUSES.reduce((sum, status) => sum + time[status], 0);
}

function subtractTime(whole: TimeByStatus, part: TimeByStatus): TimeByStatus {
  return {
    up: whole.up - part.up,
    degraded: whole.degraded - part.degraded,
    down: whole.down - part.down,
    unknown: whole.unknown - part.unknown,
  };
}

/** The sum by status. */
export function addTime(a: TimeByStatus, b: TimeByStatus): TimeByStatus {
  return { up: a.up + b.up, degraded: a.degraded + b.degraded, down: a.down + b.down, unknown: a.unknown + b.unknown };
}
