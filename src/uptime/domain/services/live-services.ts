import { knownNames } from '../../../common/nearest.js';
import { serviceUptimeStream, StreamNotFoundError } from '../../../event-store/domain/index.js';
import { type ProbeAttempt } from '../samples/probe-attempt.js';
import { type StatusChange } from '../status/status-change.js';
import { type TimeRange } from '../timeline/time-ranges.js';
import { type UptimeHistory } from '../timeline/uptime-history.js';
import { type MonitoredService } from './monitored-service.js';

/** State of a service in this process that the read model may not contain yet. */
export interface LiveService {
  readonly service: MonitoredService;
  /** The last recorded change and the changes that are not recorded yet, in order. */
  readonly latestChanges: readonly StatusChange[];
  /** When this process probed the service, or observed another replica probing it; in order, disjoint. */
  readonly covered: readonly TimeRange[];
  /** The last probe of this process, recorded or not. */
  readonly lastProbe: ProbeAttempt | undefined;
}

/** The configured services with their state in this process. */
export interface LiveServices {
  /** By name, in the order of the configuration. */
  readonly monitors: ReadonlyMap<string, LiveService>;
  /** Calls back after the configuration has changed. @returns a function that removes the listener */
  listen(listener: () => void): () => void;
}

/** Injection token of {@link LiveServices}. */
export const LIVE_SERVICES = Symbol('LIVE_SERVICES');

/**
 * @throws StreamNotFoundError, which lists the configured services, for one without configuration and history;
 *   ValidationError for an invalid name
 */
export function assertServiceExists(
  name: string,
  { monitors }: LiveServices,
  history: Pick<UptimeHistory, 'services'>,
): void {
  const streamName = serviceUptimeStream(name);
  if (monitors.has(name) || history.services().includes(name)) return;
  const why = `there is no service '${name}'; ${knownNames(name, [...monitors.keys()])}`;
  throw new StreamNotFoundError(streamName, undefined, why);
}
