import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { ReadModel } from '../event-store/index.js';
import { ProberRuntime } from './probing/index.js';

/**
 * Whether uptime can do its work: its streams are there, and its answers come from tables that follow them. What the probed
 * services are is not its concern: a service that is down is no reason to send the requests about it elsewhere.
 */
@Injectable()
export class UptimeHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly inProcess: ProberRuntime,
    private readonly readModel: ReadModel,
  ) {}

  /** `up`, or `down` with what is missing. Only looks at what is known: asks no store. */
  check(): HealthIndicatorResult<'uptime'> {
    const indicator = this.indicators.check('uptime');
    const { prober } = this.inProcess;
    const monitors = [...prober.monitors.values()];
    if (!prober.isSettled) return indicator.down({ message: 'It is not known yet which replica probes' });
    const waiting = monitors.filter(({ isReady }) => !isReady).map(({ service }) => service.name);
    if (waiting.length > 0)
      return indicator.down({ message: `The streams of ${waiting.join(', ')} could not be created and read yet` });
    if (!this.readModel.isCaughtUp)
      return indicator.down({ message: 'The read model is not up to date with the streams yet' });
    return indicator.up({ services: monitors.length });
  }
}
