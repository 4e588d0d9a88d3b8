import { type Clock } from '../../../event-store/index.js';
import { type Probe } from '../application/index.js';
import { type MonitoredService, type ServiceReport, type ProbeResult } from '../../domain/index.js';
import { truncate } from '../probes/connection/connection-errors.js';
import { type PushReports } from './push-reports.js';

/**
 * Returns the last report of the service, unless it is older than the interval and the timeout together: then it is
 * late, and the service is down. A service without a report has the same time from the first probe, and from when
 * reports can be read again after an interruption; until then the result is inconclusive.
 */
export class PushProbe implements Probe {
  readonly #since: number;

  constructor(
    private readonly service: Pick<MonitoredService, 'name' | 'intervalMs' | 'timeoutMs'>,
    private readonly reports: Pick<PushReports, 'latest'>,
    private readonly clock: Clock,
  ) {
    this.#since = clock.monotonic();
  }

  async probe(): Promise<ProbeResult> {
    const { name, intervalMs, timeoutMs } = this.service;
    const { last, since } = await this.reports.latest(name, timeoutMs / 2);
    const now = this.clock.monotonic();
    const isLate = (from: number): boolean => now - from > intervalMs + timeoutMs;
    if (last && !isLate(last.at)) return toProbeResult(last.report);
    if (since === undefined) return inconclusive('reports cannot be read at the moment');
    const due = `one is due every ${seconds(intervalMs)}`;
    const expectedSince = Math.max(since, this.#since);
    if (!isLate(expectedSince)) return inconclusive(`no report yet; ${due}`);
    return { responseTime: 0, error: `no report for ${seconds(now - (last?.at ?? expectedSince))}; ${due}` };
  }
}

function toProbeResult({ status, message, responseTime = 0 }: ServiceReport): ProbeResult {
  switch (status) {
    case 'up':
      return { responseTime };
    case 'degraded':
      return { responseTime, warning: truncate(message ?? 'the service reported that it is degraded') };
    case 'down':
      return { responseTime, error: truncate(message ?? 'the service reported that it is down') };
  }
}

function inconclusive(error: string): ProbeResult {
  return { responseTime: 0, error, isInconclusive: true };
}

/** Seconds, with tenths below ten. */
function seconds(milliseconds: number): string {
  const value = milliseconds / 1_000;
  return `${value < 10 ? Math.floor(value * 10) / 10 : Math.floor(value)} s`;
}
