import { type MonitoredService } from './monitored-service.js';

/** Callbacks of the watch; they must not throw. */
export interface ServicesHandlers {
  /** All services after a change of at least one of them, or after the configuration has been corrected. */
  readonly onServices: (services: readonly MonitoredService[]) => void;
  /** Why the configuration cannot be used; the services stay unchanged. Called once for each content. */
  readonly onProblem: (problems: readonly string[]) => void;
}

export interface ServicesWatch {
  /** Stops the watch: no handler is called afterwards. */
  close(): void;
}

/** The configured services when the process starts, and their changes while it runs. */
export interface ServicesSource {
  readonly services: readonly MonitoredService[];
  watch(handlers: ServicesHandlers): ServicesWatch;
}

/** Injection token of {@link ServicesSource}. */
export const SERVICES_SOURCE = Symbol('SERVICES_SOURCE');
