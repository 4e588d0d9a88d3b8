import { type MonitoredService } from '../../domain/index.js';

/** The services as they are configured now. */
export abstract class ConfiguredServices {
  abstract find(name: string): MonitoredService | undefined;
  abstract names(): string[];
}
