import { toTimestamp } from '../../../common/time.js';
import {
  defineEvent,
  type NewEvent,
  SERVICE_UPTIME_PREFIX,
  serviceUptimeStream,
} from '../../../event-store/domain/index.js';
import { integer, object, oneOf, optional, parseData, string } from '../../../common/parse.js';
import { serviceName } from '../event-data.js';
import { UPTIME_SOURCE } from '../status/service-status-changed.js';
import { OBSERVED_STATUSES, type ObservedStatus } from '../status/service-status.js';

export const PROBE_REPORTS_PREFIX = 'system-probe-reports-';

/** A pushed report of a service about itself. */
export interface ServiceReport {
  readonly status: ObservedStatus;
  /** Human-readable. */
  readonly message?: string;
  /** Milliseconds, integer. */
  readonly responseTime?: number;
}

/** A report was received; the event's `timestamp` is the receiving replica's clock. */
export interface ServiceReported extends ServiceReport {
  readonly serviceName: string;
}

const serviceReported = object({
  serviceName,
  status: oneOf(OBSERVED_STATUSES),
  message: optional(string),
  responseTime: optional(integer(0)),
});

export const ServiceReported = defineEvent<'ServiceReported', ServiceReported>({
  type: 'ServiceReported',
  schemaVersion: 1,
  parse: (data) => parseData(serviceReported, data),
});

/** @param at when the report was received, in milliseconds since 1970 */
export function toServiceReported(
  serviceName: string,
  report: ServiceReport,
  at: number,
  eventId: string,
): NewEvent<'ServiceReported', ServiceReported> {
  return {
    type: ServiceReported.type,
    data: { serviceName, ...report },
    timestamp: toTimestamp(at),
    eventId,
    metadata: { source: UPTIME_SOURCE },
  };
}

/** `system-probe-reports-{service}`. @throws ValidationError for an invalid service name */
export function probeReportsStream(service: string): string {
  return `${PROBE_REPORTS_PREFIX}${serviceUptimeStream(service).slice(SERVICE_UPTIME_PREFIX.length)}`;
}
