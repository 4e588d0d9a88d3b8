import { type ServiceStatus } from '../status/service-status.js';
import { addTime, type StatusTotals, type TimeByStatus, totalTime } from './status-totals.js';

/** Rules by which time in each status counts towards the uptime. */
export interface UptimePolicy {
  /** Whether degraded time counts as up or down. */
  readonly degraded: 'up' | 'down';
  /** Whether unknown time is excluded from the percentage, or counts as up or down. */
  readonly unknown: 'excluded' | 'up' | 'down';
  /** Whether maintenance is excluded from all percentages, counts by its probed status, or counts as up or down. */
  readonly maintenance: 'excluded' | 'asProbed' | 'up' | 'down';
}

export const DEFAULT_POLICY: UptimePolicy = { degraded: 'up', unknown: 'excluded', maintenance: 'excluded' };

export interface UptimeFigures {
  /**
   * Milliseconds counted as up, as down, as neither, and of excluded maintenance; together the length of the window.
   */
  readonly totalUptime: number;
  readonly totalDowntime: number;
  readonly totalUnknown: number;
  readonly totalMaintenance: number;
  /** Uptime of the counted time, rounded down to thousandths; null if no time counts. */
  readonly uptimePercentage: number | null;
  /**
   * Lower and upper bound of the percentage of the whole window without excluded maintenance, whatever the status was
   * while it is unknown; rounded outwards.
   */
  readonly uptimeBounds: { readonly low: number; readonly high: number };
}

/** Uptime of a window. Exact integer arithmetic up to the final rounding, which never rounds up to 100 %. */
export function computeFigures(totals: StatusTotals, policy: UptimePolicy = DEFAULT_POLICY): UptimeFigures {
  const { excluded, fixed, byStatus } = applyMaintenancePolicy(totals, policy);
  const counted = { up: fixed.up + byStatus.up, down: fixed.down + byStatus.down, excluded: 0 };
  counted[policy.degraded] += byStatus.degraded;
  counted[policy.unknown] += byStatus.unknown;

  const certainlyUp = fixed.up + byStatus.up + (policy.degraded === 'up' ? byStatus.degraded : 0);
  const whole = fixed.up + fixed.down + totalTime(byStatus);
  return {
    totalUptime: counted.up,
    totalDowntime: counted.down,
    totalUnknown: counted.excluded,
    totalMaintenance: excluded,
    uptimePercentage: percentage(counted.up, counted.up + counted.down, 'down') ?? null,
    uptimeBounds: {
      low: percentage(certainlyUp, whole, 'down') ?? 0,
      high: percentage(certainlyUp + byStatus.unknown, whole, 'up') ?? 100,
    },
  };
}

/** Whether a status counts as up under the policy. */
export function countsAsUp(
  status: ServiceStatus,
  policy: UptimePolicy = DEFAULT_POLICY,
  isInMaintenance = false,
): boolean {
  if (isInMaintenance && (policy.maintenance === 'up' || policy.maintenance === 'down'))
    return policy.maintenance === 'up';
  return (
    status === 'up' ||
    (status === 'degraded' && policy.degraded === 'up') ||
    (status === 'unknown' && policy.unknown === 'up')
  );
}

interface CountedTime {
  /** Milliseconds of maintenance that count as neither. */
  readonly excluded: number;
  /** Milliseconds of maintenance that count as up or down regardless of the probes. */
  readonly fixed: { readonly up: number; readonly down: number };
  /** Milliseconds that count by status. */
  readonly byStatus: TimeByStatus;
}

function applyMaintenancePolicy(totals: StatusTotals, policy: UptimePolicy): CountedTime {
  const maintenance = totalTime(totals.maintenance);
  switch (policy.maintenance) {
    case 'excluded':
      return { excluded: maintenance, fixed: { up: 0, down: 0 }, byStatus: totals };
    case 'asProbed':
      return { excluded: 0, fixed: { up: 0, down: 0 }, byStatus: addTime(totals, totals.maintenance) };
    case 'up':
      return { excluded: 0, fixed: { up: maintenance, down: 0 }, byStatus: totals };
    case 'down':
      return { excluded: 0, fixed: { up: 0, down: maintenance }, byStatus: totals };
  }
}

/** 100 % in thousandths of a percent. */
const HUNDRED_PERCENT = 100_000n;

/** `part` of `whole` in percent, with three decimals; undefined if `whole` is 0. */
function percentage(part: number, whole: number, rounding: 'down' | 'up'): number | undefined {
  if (whole === 0) return undefined;
  const divisor = BigInt(whole);
  const thousandths = (BigInt(part) * HUNDRED_PERCENT + (rounding === 'up' ? divisor - 1n : 0n)) / divisor;
  return Number(thousandths) / 1_000;
}
