import { Logger } from '@nestjs/common';
import { type SchedulerRegistry } from '@nestjs/schedule';
import { type AppConfig } from '../../config/index.js';
import { type Clock, type EventStore } from '../../event-store/index.js';
import { type MonitoredService } from '../domain/index.js';
import {
  FencedWriter,
  type Log,
  type Probe,
  Prober,
  ProberLease,
  ProbeScheduler,
  ReportSampler,
  type ReportSource,
  samplesMaxAgeOf,
  ServiceMonitor,
} from './application/index.js';
import { EventLoopLagMonitor } from './event-loop-lag.monitor.js';
import { type LmdbSpool } from './lmdb-spool.js';
import { createProbe, type ProbeDependencies } from './probes/create-probe.js';

/** Name of the timer of the next probe in the `SchedulerRegistry`; all probes share it. */
const NEXT_PROBE = 'uptime:next-probe';

export interface ProberDependencies {
  readonly config: AppConfig['uptime'];
  readonly services: readonly MonitoredService[];
  readonly store: EventStore;
  readonly clock: Clock;
  readonly spool: LmdbSpool;
  readonly registry: SchedulerRegistry;
  readonly probes: ProbeDependencies;
  /** Reports of the services of kind `push`. */
  readonly reports: ReportSource;
}

/** Wires the prober of this process. */
export function createProber({
  config,
  services,
  store,
  clock,
  spool,
  registry,
  probes,
  reports,
}: ProberDependencies): Prober {
  const log = toLog(new Logger('Uptime'));
  const { holder, predecessor, predecessorValidUntil } = spool;
  const lease = new ProberLease({ store, clock, log, leaseMs: config.leaseMs, holder, predecessor });
  const eventLoopLag = new EventLoopLagMonitor(clock);
  const monitorOptions = {
    store,
    clock,
    log,
    lease,
    writer: new FencedWriter({ store, lease, log }),
    eventLoopLag,
    spool,
    samplesMaxAge: samplesMaxAgeOf(config.samplesMaxAgeDays),
    sampleWindowMs: config.sampleWindowMs,
    proberId: holder,
  };
  const sourceOf = ({ target, ...service }: MonitoredService): Probe | ReportSampler | undefined => {
    if (service.isPaused) return undefined;
    return target.kind === 'push'
      ? new ReportSampler(service, { source: reports, clock, log })
      : createProbe(target, service.timeoutMs, probes);
  };
  return new Prober(
    {
      lease,
      scheduler: new ProbeScheduler({
        clock,
        concurrency: config.concurrency,
        random: Math.random,
        callIn: timerIn(registry),
      }),
      spool,
      predecessor: { holder: predecessor, validUntil: predecessorValidUntil },
      eventLoopLag,
      monitor: (service) => new ServiceMonitor(service, sourceOf(service), monitorOptions),
      log,
    },
    services,
  );
}

/** `setTimeout` that is visible in the `SchedulerRegistry`. */
function timerIn(registry: SchedulerRegistry): (milliseconds: number, call: () => void) => () => void {
  const cancel = (): void => {
    if (registry.doesExist('timeout', NEXT_PROBE)) registry.deleteTimeout(NEXT_PROBE);
  };
  return (milliseconds, call) => {
    cancel();
    registry.addTimeout(NEXT_PROBE, setTimeout(call, milliseconds));
    return cancel;
  };
}

function toLog(logger: Logger): Log {
  return {
    info: (message, fields) => (fields ? logger.log(fields, message) : logger.log(message)),
    warn: (message, fields) => (fields ? logger.warn(fields, message) : logger.warn(message)),
    error: (message, error) => logger.error({ err: error }, message),
  };
}
