import { Logger } from '@nestjs/common';
import { type SchedulerRegistry } from '@nestjs/schedule';
import { join } from 'node:path';
import { type AppConfig } from '../../config/index.js';
import { type Clock, type EventStore, type RandomString } from '../../event-store/index.js';
import { type MonitoredService } from '../domain/index.js';
import { type Log, Prober, ProberLease, samplesMaxAgeOf, ServiceMonitor, ProbeScheduler } from './application/index.js';
import { EventLoopLagMonitor } from './event-loop-lag.monitor.js';
import { createProbe, type ProbeDependencies } from './probes/create-probe.js';
import { LmdbSpool } from './lmdb-spool.js';

const HOLDER_LENGTH = 12;
/** Name of the one timer that all probes share, in the registry of schedules. */
const NEXT_PROBE = 'uptime:next-probe';

export interface ProberRuntimeOptions {
  readonly config: Pick<AppConfig, 'dataDir' | 'uptime'>;
  readonly services: readonly MonitoredService[];
  readonly store: EventStore;
  readonly clock: Clock;
  readonly random: RandomString;
  readonly registry: SchedulerRegistry;
  readonly dependencies: ProbeDependencies;
}

/** The prober of this process, with what has to be closed when it has stopped. */
export class ProberRuntime {
  readonly prober: Prober;
  readonly #spool: LmdbSpool;

  constructor({
    config: { dataDir, uptime },
    services,
    store,
    clock,
    random,
    registry,
    dependencies,
  }: ProberRuntimeOptions) {
    const log = toLog(new Logger('Uptime'));
    const holder = random(HOLDER_LENGTH);
    this.#spool = new LmdbSpool(join(dataDir, 'uptime-spool'), uptime.spoolBytes, holder);
    const { predecessor, predecessorValidUntil } = this.#spool;
    const lease = new ProberLease({ store, clock, log, leaseMs: uptime.leaseMs, holder, predecessor });
    const eventLoopLag = new EventLoopLagMonitor(clock);
    const samplesMaxAge = samplesMaxAgeOf(uptime.samplesMaxAgeDays);
    const monitorOptions = {
      store,
      clock,
      log,
      eventLoopLag,
      samplesMaxAge,
      spool: this.#spool,
      sampleWindowMs: uptime.sampleWindowMs,
      proberId: holder,
      append: lease.append.bind(lease),
      confirm: lease.confirm.bind(lease),
      proberElsewhere: () => lease.remoteHolder,
    };
    this.prober = new Prober(
      {
        lease,
        scheduler: new ProbeScheduler({
          clock,
          concurrency: uptime.concurrency,
          random: Math.random,
          callIn: timerIn(registry),
        }),
        spool: this.#spool,
        predecessor: { holder: predecessor, validUntil: predecessorValidUntil },
        eventLoopLag,
        monitor: (service) => new ServiceMonitor(service, createProbe(service, dependencies), monitorOptions),
        log,
      },
      services,
    );
  }

  /** Resolves when what waits is on disk. @param withinMs no longer than this for what is still to be recorded */
  async stop(withinMs: number): Promise<void> {
    await this.prober.stop(withinMs);
    await this.#spool.close();
  }
}

/** The timer of the next probe, where operators' tools look for schedules. */
function timerIn(registry: SchedulerRegistry): (milliseconds: number, call: () => void) => () => void {
  const forget = (): void => {
    if (registry.doesExist('timeout', NEXT_PROBE)) registry.deleteTimeout(NEXT_PROBE);
  };
  return (milliseconds, call) => {
    forget();
    registry.addTimeout(NEXT_PROBE, setTimeout(call, milliseconds));
    return forget;
  };
}

function toLog(logger: Logger): Log {
  return {
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message, error) => logger.error({ err: error }, message),
  };
}
