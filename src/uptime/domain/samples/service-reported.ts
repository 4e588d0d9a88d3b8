import { toTimestamp } from '../../../common/time.js';
import {
  defineEvent,
  type EventDataOf,
  type NewEvent,
  SERVICE_UPTIME_PREFIX,
  serviceUptimeStream,
} from '../../../event-store/domain/index.js';
import { integer, object, oneOf, optional, string } from '../../../common/parse.js';
import { serviceName, uptimeEvent } from '../event-data.js';
import { OBSERVED_STATUSES } from '../status/service-status.js';

export const PROBE_REPORTS_PREFIX = 'system-probe-reports-';

/** A report was received; the event's `timestamp` is the receiving replica's clock. */
export const ServiceReported = defineEvent({
  type: 'ServiceReported',
  parse: object({
    serviceName,
    status: oneOf(OBSERVED_STATUSES),
    /** Human-readable. */
    message: optional(string),
    /** Milliseconds. */
    responseTime: optional(integer(0)),
  }),
});
export type ServiceReported = EventDataOf<typeof ServiceReported>;

/** A pushed report of a service about itself. */
export type ServiceReport = Omit<ServiceReported, 'serviceName'>;

/** @param at when the report was received, in milliseconds since 1970 */
export function toServiceReported(
  serviceName: string,
  report: ServiceReport,
  at: number,
  eventId: string,
): NewEvent<'ServiceReported', ServiceReported> {
  return uptimeEvent(ServiceReported, { serviceName, ...report }, { timestamp: toTimestamp(at), eventId });
}

/** `system-probe-reports-{service}`. @throws ValidationError for an invalid service name */
export function probeReportsStream(service: string): string {
  return `${PROBE_REPORTS_PREFIX}${serviceUptimeStream(service).slice(SERVICE_UPTIME_PREFIX.length)}`;
}
