import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { backgroundLoads } from '../common/background-loads.js';
import { hasDescriptor } from '../common/error-code.js';

/** Whether this process has loaded what it needs, and can open files and connections. */
@Injectable()
export class ProcessHealthIndicator {
  constructor(private readonly indicators: HealthIndicatorService) {}

  /** `down` while something that requests need could not be loaded; `degraded` while no file descriptor is left. */
  check(): HealthIndicatorResult<'process'> {
    const indicator = this.indicators.check('process');
    const notLoaded = [...backgroundLoads.failures.keys()];
    if (notLoaded.length > 0)
      return indicator.down({ message: `Not loaded yet, trying again every second: ${notLoaded.join(', ')}` });
    return hasDescriptor()
      ? indicator.up()
      : indicator.degraded({ message: 'No file descriptor is left: new connections are closed until there is one' });
  }
}
