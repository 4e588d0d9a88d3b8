import { type StatusTotals } from './intervals.js';
import { type ServiceStatus } from './service-status.js';

/** How statuses count. */
export interface UptimePolicy {
  /** Whether a degraded service is up. */
  readonly degraded: 'up' | 'down';
  /** Whether time that nobody knows about is left out of the percentage, or counts as one or the other. */
  readonly unknown: 'excluded' | 'up' | 'down';
}

export const DEFAULT_POLICY: UptimePolicy = { degraded: 'up', unknown: 'excluded' };

export interface UptimeFigures {
  /** Milliseconds that count as up, as down, and as neither; together the length of the window. */
  readonly totalUptime: number;
  readonly totalDowntime: number;
  readonly totalUnknown: number;
  /** Of the time that counts, rounded down to thousandths; null where none does. */
  readonly uptimePercentage: number | null;
  /** What the percentage of the whole window is at least and at most, whatever happened while it is unknown; rounded outwards. */
  readonly uptimeBounds: { readonly low: number; readonly high: number };
}

/** Figures of a window. Exact in integers up to the last rounding, which never makes 100 % of less. */
export function figuresOf(totals: StatusTotals, policy: UptimePolicy = DEFAULT_POLICY): UptimeFigures {
  const counted = { up: 0, down: 0, excluded: 0 };
  counted.up += totals.up;
  counted.down += totals.down;
  counted[policy.degraded] += totals.degraded;
  counted[policy.unknown] += totals.unknown;

  const surelyUp = totals.up + (policy.degraded === 'up' ? totals.degraded : 0);
  const whole = totals.up + totals.degraded + totals.down + totals.unknown;
  return {
    totalUptime: counted.up,
    totalDowntime: counted.down,
    totalUnknown: counted.excluded,
    uptimePercentage: percentage(counted.up, counted.up + counted.down, 'down') ?? null,
    uptimeBounds: {
      low: percentage(surelyUp, whole, 'down') ?? 0,
      high: percentage(surelyUp + totals.unknown, whole, 'up') ?? 100,
    },
  };
}

/** Whether a service of this status counts as up. */
export function countsAsUp(status: ServiceStatus, policy: UptimePolicy = DEFAULT_POLICY): boolean {
  return status === 'up' || (status === 'degraded' && policy.degraded === 'up') || (status === 'unknown' && policy.unknown === 'up');
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
