import { formatDuration } from '../../common/durations.js';
import { MIN_TIMEOUT_MS } from '../../config/index.js';
import { type MonitoredService } from '../domain/index.js';

/** How a service is probed and judged, whatever it is. */
export type ServiceRules = Omit<MonitoredService, 'name' | 'target'>;

export interface MisfittingRule {
  readonly rule: 'jitter' | 'retries';
  readonly text: string;
}

/**
 * What of a probe does not fit into its interval, with what would.
 *
 * A probe begins later than its turn by the jitter at most, so that is shorter than the interval; all its tries together must end before
 * the next turn. A probe without retries may take longer than the interval: the turns that come meanwhile are left out, as no probe of a
 * service begins before the one before it has ended. What is not a number, as nobody knows it, fits.
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
