import { type ServiceStatus } from '../status/service-status.js';
import { addTime, type StatusTotals, type TimeByStatus, wholeOf } from './status-totals.js';

/** How statuses count. */
export interface UptimePolicy {
  /** Whether a degraded service is up. */
  readonly degraded: 'up' | 'down';
  /** Whether time that nobody knows about is left out of the percentage, or counts as one or the other. */
  readonly unknown: 'excluded' | 'up' | 'down';
  /** Whether time of maintenance is left out of all percentages, counts as any other, or all of it as one or the other. */
  readonly maintenance: 'excluded' | 'asProbed' | 'up' | 'down';
}

export const DEFAULT_POLICY: UptimePolicy = { degraded: 'up', unknown: 'excluded', maintenance: 'excluded' };

export interface UptimeFigures {
  /** Milliseconds that count as up, as down, as neither, and of maintenance that is left out; together the length of the window. */
  readonly totalUptime: number;
  readonly totalDowntime: number;
  readonly totalUnknown: number;
  readonly totalMaintenance: number;
  /** Of the time that counts, rounded down to thousandths; null where none does. */
  readonly uptimePercentage: number | null;
  /**
   * What the percentage of the whole window (without the maintenance that is left out) is at least and at most, whatever happened
   * while it is unknown; rounded outwards.
   */
  readonly uptimeBounds: { readonly low: number; readonly high: number };
}

/** Figures of a window. Exact in integers up to the last rounding, which never makes 100 % of less. */
export function figuresOf(totals: StatusTotals, policy: UptimePolicy = DEFAULT_POLICY): UptimeFigures {
  const { left, surely, judged } = shareOf(totals, policy);
  const counted = { up: surely.up + judged.up, down: surely.down + judged.down, excluded: 0 };
  counted[policy.degraded] += judged.degraded;
  counted[policy.unknown] += judged.unknown;

  const surelyUp = surely.up + judged.up + (policy.degraded === 'up' ? judged.degraded : 0);
  const whole = surely.up + surely.down + wholeOf(judged);
  return {
    totalUptime: counted.up,
    totalDowntime: counted.down,
    totalUnknown: counted.excluded,
    totalMaintenance: left,
    uptimePercentage: percentage(counted.up, counted.up + counted.down, 'down') ?? null,
    uptimeBounds: {
      low: percentage(surelyUp, whole, 'down') ?? 0,
      high: percentage(surelyUp + judged.unknown, whole, 'up') ?? 100,
    },
  };
}

/** Whether a service of this status counts as up. */
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

/** Milliseconds of maintenance that are left out, or are up or down whatever the probes say; and the others by status. */
interface Share {
  readonly left: number;
  readonly surely: { readonly up: number; readonly down: number };
  readonly judged: TimeByStatus;
}

function shareOf(totals: StatusTotals, policy: UptimePolicy): Share {
  const maintenance = wholeOf(totals.maintenance);
  switch (policy.maintenance) {
    case 'excluded':
      return { left: maintenance, surely: { up: 0, down: 0 }, judged: totals };
    case 'asProbed':
      return { left: 0, surely: { up: 0, down: 0 }, judged: addTime(totals, totals.maintenance) };
    case 'up':
      return { left: 0, surely: { up: maintenance, down: 0 }, judged: totals };
    case 'down':
      return { left: 0, surely: { up: 0, down: maintenance }, judged: totals };
  }
}

/** Thousandths of a percent that make 100 %. */
const WHOLE = 100_000n;

/** `part` of `whole` in percent, with three decimals; undefined of nothing. */
function percentage(part: number, whole: number, rounding: 'down' | 'up'): number | undefined {
  if (whole === 0) return undefined;
  const divisor = BigInt(whole);
  const thousandths = (BigInt(part) * WHOLE + (rounding === 'up' ? divisor - 1n : 0n)) / divisor;
  return Number(thousandths) / 1_000;
}
