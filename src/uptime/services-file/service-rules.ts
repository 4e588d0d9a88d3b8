import { formatDuration } from '../../common/durations.js';
import { MIN_TIMEOUT_MS } from '../../config/index.js';
import { type MonitoredService } from '../domain/index.js';

/** Settings of a service that do not depend on its kind. */
export type ServiceRules = Omit<MonitoredService, 'name' | 'target'>;

export interface TimingIssue {
  readonly rule: 'jitter' | 'retries';
  readonly text: string;
}

/**
 * Checks that jitter and retries fit into the interval; the issue suggests a valid value.
 *
 * The jitter must be shorter than the interval, and all attempts of a probe must end before the next run. A probe
 * without retries may take longer than the interval: runs that are due while it is running are skipped. NaN (a
 * rejected value) passes.
 */
export function timingIssueOf({
  intervalMs,
  timeoutMs,
  jitterMs,
  retries,
  retryDelayMs,
}: ServiceRules): TimingIssue | undefined {
  const interval = `the interval of ${formatDuration(intervalMs)}`;
  if (jitterMs >= intervalMs)
    return { rule: 'jitter', text: `must be shorter than ${interval}, got ${formatDuration(jitterMs)}` };
  const maxDurationMs = jitterMs + (retries + 1) * timeoutMs + retries * retryDelayMs;
  if (retries === 0 || !(maxDurationMs > intervalMs)) return undefined;
  const maxTimeoutMs = Math.floor((intervalMs - jitterMs - retries * retryDelayMs) / (retries + 1));
  const remedy =
    maxTimeoutMs >= MIN_TIMEOUT_MS
      ? `the timeout may be at most ${formatDuration(maxTimeoutMs)}`
      : 'use fewer retries or a longer interval';
  const jitter = jitterMs === 0 ? '' : ` after a jitter of up to ${formatDuration(jitterMs)}`;
  return {
    rule: 'retries',
    text:
      `${retries + 1} attempts of up to ${formatDuration(timeoutMs)} with delays of ${formatDuration(retryDelayMs)}` +
      `${jitter} do not fit into ${interval}; ${remedy}`,
  };
}
