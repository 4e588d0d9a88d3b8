import { formatDuration } from '../../common/durations.js';
import { MIN_TIMEOUT_MS } from '../../config/index.js';
import { type MonitoredService } from '../domain/index.js';

/** Settings of a service that do not depend on its kind. */
export type ServiceRules = Omit<MonitoredService, 'name' | 'target'>;

export interface MisfittingRule {
  readonly rule: 'jitter' | 'retries';
  readonly text: string;
}

/**
 * Checks that jitter and retries fit into the interval, and suggests values that would.
 *
 * The jitter must be shorter than the interval, and all attempts of a probe must end before the next run. A probe
 * without retries may take longer than the interval: runs that are due while it is running are skipped. NaN (a
 * rejected value) passes.
 */
export function misfitOf({
  intervalMs,
  timeoutMs,
  jitterMs,
  retries,
  retryDelayMs,
}: ServiceRules): MisfittingRule | undefined {
  const interval = `the interval of ${formatDuration(intervalMs)}`;
  if (jitterMs >= intervalMs)
    return { rule: 'jitter', text: `must be shorter than ${interval}, got ${formatDuration(jitterMs)}` };
  const mostMs = jitterMs + (retries + 1) * timeoutMs + retries * retryDelayMs;
  if (retries === 0 || !(mostMs > intervalMs)) return undefined;
  const fittingMs = Math.floor((intervalMs - jitterMs - retries * retryDelayMs) / (retries + 1));
  const remedy =
    fittingMs >= MIN_TIMEOUT_MS
      ? `with a timeout of ${formatDuration(fittingMs)} they would`
      : 'take fewer retries, or a longer interval';
  const jitter = jitterMs === 0 ? '' : ` after a jitter of up to ${formatDuration(jitterMs)}`;
  return {
    rule: 'retries',
    text: `${retries + 1} tries of up to ${formatDuration(timeoutMs)}, ${formatDuration(retryDelayMs)} apart${jitter}, do not fit into ${interval}; ${remedy}`,
  };
}
