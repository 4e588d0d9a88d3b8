import { toTimestamp } from '../../../common/time.js';
import {
  defineEvent,
  type EventDataOf,
  identifyStream,
  isEventId,
  type NewEvent,
} from '../../../event-store/domain/index.js';
import { integer, object, oneOf, optional, string, stringThat, utcTimestamp } from '../../../common/parse.js';
import { serviceName, uptimeEvent } from '../event-data.js';
import { OBSERVED_STATUSES, PERFORMANCE_GRADES } from './service-status.js';
import { type StatusChange } from './status-change.js';

const evidence = object({
  responseTime: optional(integer(0)),
  error: optional(string),
  performanceGrade: optional(oneOf(PERFORMANCE_GRADES)),
});
/** A service's status changed, confirmed by consecutive samples (see `Thresholds`). */
export const ServiceStatusChanged = defineEvent({
  type: 'ServiceStatusChanged',
  parse: object({
    serviceName,
    status: oneOf(OBSERVED_STATUSES),
    /** Time of the first of those samples. */
    timestamp: utcTimestamp,
    /** Milliseconds that the previous status lasted; absent for the first change. */
    duration: optional(integer(0)),
    metadata: (metadata, context) => evidence(metadata ?? {}, context),
    eventId: stringThat('an id of the form evt_{milliseconds}_{letters and digits}', isEventId),
  }),
});
export type ServiceStatusChanged = EventDataOf<typeof ServiceStatusChanged>;

/** The event takes the id and the timestamp of the change, so that a repeated append is recognized. */
export function toServiceStatusChanged({
  at,
  ...rest
}: StatusChange): NewEvent<'ServiceStatusChanged', ServiceStatusChanged> {
  const timestamp = toTimestamp(at);
  return uptimeEvent(ServiceStatusChanged, { ...rest, timestamp }, { timestamp, eventId: rest.eventId });
}

export function fromServiceStatusChanged({ timestamp, ...rest }: ServiceStatusChanged): StatusChange {
  return { ...rest, at: Date.parse(timestamp) };
}

/** The service of a stream `service-uptime-{service}`; undefined for any other stream. */
export function serviceOfUptimeStream(streamName: string): string | undefined {
  const identity = identifyStream(streamName);
  return identity.kind === 'service-uptime' ? identity.service : undefined;
}
