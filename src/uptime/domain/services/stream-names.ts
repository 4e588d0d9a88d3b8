import { identifyStream, SERVICE_UPTIME_PREFIX, serviceUptimeStream } from '../../../event-store/domain/index.js';

export const PROBE_SAMPLES_PREFIX = 'system-probe-samples-';

/** `system-probe-samples-{service}`. @throws ValidationError for a text that cannot name a service */
export function probeSamplesStream(service: string): string {
  return `${PROBE_SAMPLES_PREFIX}${serviceUptimeStream(service).slice(SERVICE_UPTIME_PREFIX.length)}`;
}

/** The service whose changes a stream holds; undefined for any other stream. */
export function serviceOfUptimeStream(streamName: string): string | undefined {
  const identity = identifyStream(streamName);
  return identity.kind === 'service-uptime' ? identity.service : undefined;
}
