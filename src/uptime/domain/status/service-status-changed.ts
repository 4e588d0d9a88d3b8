import { toTimestamp } from '../../../common/time.js';
import { defineEvent, identifyStream, isEventId, type NewEvent } from '../../../event-store/domain/index.js';
import {
  integer,
  object,
  oneOf,
  optional,
  parseData,
  string,
  stringThat,
  utcTimestamp,
} from '../../../common/parse.js';
import { serviceName } from '../event-data.js';
import { OBSERVED_STATUSES, type ObservedStatus, PERFORMANCE_GRADES } from './service-status.js';
import { type ChangeEvidence, type StatusChange } from './status-change.js';

/** A service's status changed, confirmed by consecutive samples (see `Thresholds`). */
export interface ServiceStatusChanged {
  readonly serviceName: string;
  readonly status: ObservedStatus;
  /** Time of the first of those samples: ISO 8601, UTC, milliseconds. */
  readonly timestamp: string;
  /** Milliseconds that the previous status lasted; absent for the first change. */
  readonly duration?: number;
  readonly metadata: ChangeEvidence;
  readonly eventId: string;
}

const evidence = object({
  responseTime: optional(integer(0)),
  error: optional(string),
  performanceGrade: optional(oneOf(PERFORMANCE_GRADES)),
});
const serviceStatusChanged = object({
  serviceName,
  status: oneOf(OBSERVED_STATUSES),
  timestamp: utcTimestamp,
  duration: optional(integer(0)),
  metadata: (metadata, context) => evidence(metadata ?? {}, context),
  eventId: stringThat('an id of the form evt_{milliseconds}_{letters and digits}', isEventId),
});

export const ServiceStatusChanged = defineEvent<'ServiceStatusChanged', ServiceStatusChanged>({
  type: 'ServiceStatusChanged',
  schemaVersion: 1,
  parse: (data) => parseData(serviceStatusChanged, data),
});

/** The event takes the id and the timestamp of the change, so that a repeated append is recognized. */
export function toServiceStatusChanged({
  serviceName,
  status,
  at,
  duration,
  metadata,
  eventId,
}: StatusChange): NewEvent<'ServiceStatusChanged', ServiceStatusChanged> {
  const timestamp = toTimestamp(at);
  const data = { serviceName, status, timestamp, ...(duration === undefined ? {} : { duration }), metadata, eventId };
  return { type: ServiceStatusChanged.type, data, timestamp, eventId, metadata: { source: UPTIME_SOURCE } };
}

export function fromServiceStatusChanged({ timestamp, ...rest }: ServiceStatusChanged): StatusChange {
  return { ...rest, at: Date.parse(timestamp) };
}

/** The `source` in the metadata of every event of this module. */
export const UPTIME_SOURCE = 'penguin-pool-streams/uptime';

/** The service of a stream `service-uptime-{service}`; undefined for any other stream. */
export function serviceOfUptimeStream(streamName: string): string | undefined {
  const identity = identifyStream(streamName);
  return identity.kind === 'service-uptime' ? identity.service : undefined;
}
