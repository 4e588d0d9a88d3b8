import { type Clock } from '../../../event-store/index.js';
import { type Probe } from '../application/index.js';
import { type MonitoredService, type ServiceReport, type ProbeResult } from '../../domain/index.js';
import { truncate } from '../probes/connection/connection-errors.js';
import { type PushReports } from './push-reports.js';

/**
 * Answers with what a service last reported of itself, as long as that is not older than its interval and its timeout together: then
 * it is late, which is down. Who never reported gets that long too, from when it is probed, and from when reports can be heard again
 * after a break: until then nobody knows.
 */
export class PushProbe implements Probe {
  readonly #since: number;

  constructor(
    private readonly service: Pick<MonitoredService, 'name' | 'intervalMs' | 'timeoutMs'>,
    private readonly reports: Pick<PushReports, 'heard'>,
    private readonly clock: Clock,
  ) {
    this.#since = clock.monotonic();
  }

  async probe(): Promise<ProbeResult> {
    const { name, intervalMs, timeoutMs } = this.service;
    const { last, since } = await this.reports.heard(name, timeoutMs / 2);
    const now = this.clock.monotonic();
    const isLate = (from: number): boolean => now - from > intervalMs + timeoutMs;
    if (last && !isLate(last.at)) return answerOf(last.report);
    if (since === undefined) return inconclusive('its reports cannot be read at the moment');
    const due = `one is due every ${seconds(intervalMs)}`;
    const listening = Math.max(since, this.#since);
    if (!isLate(listening)) return inconclusive(`no report yet; ${due}`);
    return { responseTime: 0, error: `no report for ${seconds(now - (last?.at ?? listening))}; ${due}` };
  }
}

function answerOf({ status, message, responseTime = 0 }: ServiceReport): ProbeResult {
  switch (status) {
    case 'up':
      return { responseTime };
    case 'degraded':
      return { responseTime, warning: truncate(message ?? 'it reports that it is degraded') };
    case 'down':
      return { responseTime, error: truncate(message ?? 'it reports that it is down') };
  }
}

function inconclusive(error: string): ProbeResult {
  return { responseTime: 0, error, isInconclusive: true };
}

/** Whole seconds from ten on, below with tenths. */
function seconds(milliseconds: number): string {
  const value = milliseconds / 1_000;
  return `${value < 10 ? Math.floor(value * 10) / 10 : Math.floor(value)} s`;
}
