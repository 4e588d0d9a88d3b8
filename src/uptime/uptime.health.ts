import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { ReadModel } from '../event-store/index.js';
import { HISTORY_AGE, type HistoryAge } from './domain/index.js';
import { Prober } from './probing/index.js';

/** Readiness of probing and of the read model, independent of the status of the services. */
@Injectable()
export class UptimeHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly prober: Prober,
    private readonly readModel: ReadModel,
    @Inject(HISTORY_AGE) private readonly age: HistoryAge,
  ) {}

  /** Whether uptime can be answered, from tables that were complete once, while the indicator is down. */
  get isHistoryComplete(): boolean {
    return this.age.isComplete;
  }

  /** Checks in-memory state only, without a request to the store. */
  check(): HealthIndicatorResult<'uptime'> {
    const indicator = this.indicators.check('uptime');
    const monitors = [...this.prober.monitors.values()];
    if (!this.prober.isLeaseSettled)
      return indicator.down({ message: 'The holder of the prober lease is not known yet' });
    const pending = monitors.filter(({ isReady }) => !isReady).map(({ service }) => service.name);
    if (pending.length > 0)
      return indicator.down({ message: `The streams of ${pending.join(', ')} have not been created and read yet` });
    if (!this.readModel.isCaughtUp)
      return indicator.down({ message: 'The read model is not up to date with the streams yet' });
    const { spoolFailure } = this.prober;
    return spoolFailure
      ? indicator.degraded({
          services: monitors.length,
          message: `Samples are in memory only until the spool can be written: ${spoolFailure.message}`,
        })
      : indicator.up({ services: monitors.length });
  }
}
