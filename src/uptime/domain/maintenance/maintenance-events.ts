import { toTimestamp } from '../../../common/time.js';
import { defineEvent, type NewEvent } from '../../../event-store/domain/index.js';
import { type MaintenanceWindow } from './maintenance-window.js';
import { integer, object, optional, parseData, refine, string, utcTimestamp } from '../../../common/parse.js';
import { rangeProblem, recordId } from '../event-data.js';
import { type Recurrence } from './recurrence.js';
import { UPTIME_SOURCE } from '../status/service-status-changed.js';

/** Maintenance was scheduled. Times: ISO 8601, UTC, milliseconds. */
export interface MaintenanceScheduled {
  readonly maintenanceId: string;
  readonly from: string;
  /** End of a single window; a recurring one has `recurrence` instead. */
  readonly to?: string;
  readonly recurrence?: Omit<Recurrence, 'until'> & { readonly until?: string };
  readonly reason: string;
  readonly scheduledBy: string;
}

/** Maintenance was cancelled from `at` on; its earlier part stays. */
export interface MaintenanceCancelled {
  readonly maintenanceId: string;
  readonly cancelledBy: string;
  readonly at: string;
}

const maintenanceScheduled = refine(
  object({
    maintenanceId: recordId,
    from: utcTimestamp,
    to: optional(utcTimestamp),
    recurrence: optional(
      object({ rule: string, timezone: string, durationMs: integer(0), until: optional(utcTimestamp) }),
    ),
    reason: string,
    scheduledBy: string,
  }),
  ({ from, to, recurrence }) =>
    (to === undefined) === (recurrence === undefined)
      ? 'must have exactly one of to and recurrence'
      : rangeProblem({ from, to }),
);

export const MaintenanceScheduled = defineEvent<'MaintenanceScheduled', MaintenanceScheduled>({
  type: 'MaintenanceScheduled',
  schemaVersion: 1,
  parse: (data) => parseData(maintenanceScheduled, data),
});

export const MaintenanceCancelled = defineEvent<'MaintenanceCancelled', MaintenanceCancelled>({
  type: 'MaintenanceCancelled',
  schemaVersion: 1,
  parse: (data) => parseData(object({ maintenanceId: recordId, cancelledBy: string, at: utcTimestamp }), data),
});

/** @param eventId chosen by the caller, so that a repeated request is recognized */
export function toMaintenanceScheduled(
  { id, from, to, recurrence, reason, scheduledBy }: MaintenanceWindow,
  at: number,
  eventId: string,
): NewEvent<'MaintenanceScheduled', MaintenanceScheduled> {
  const data = {
    maintenanceId: id,
    from: toTimestamp(from),
    ...(to === undefined ? {} : { to: toTimestamp(to) }),
    ...(recurrence ? { recurrence: serializeRecurrence(recurrence) } : {}),
    reason,
    scheduledBy,
  };
  return {
    type: MaintenanceScheduled.type,
    data,
    timestamp: toTimestamp(at),
    eventId,
    metadata: { source: UPTIME_SOURCE },
  };
}

export function toMaintenanceCancelled(
  maintenanceId: string,
  cancelledBy: string,
  at: number,
  eventId: string,
): NewEvent<'MaintenanceCancelled', MaintenanceCancelled> {
  const timestamp = toTimestamp(at);
  return {
    type: MaintenanceCancelled.type,
    data: { maintenanceId, cancelledBy, at: timestamp },
    timestamp,
    eventId,
    metadata: { source: UPTIME_SOURCE },
  };
}

export function fromMaintenanceScheduled({
  maintenanceId: id,
  from,
  to,
  recurrence,
  reason,
  scheduledBy,
}: MaintenanceScheduled): MaintenanceWindow {
  return {
    id,
    from: Date.parse(from),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(recurrence ? { recurrence: deserializeRecurrence(recurrence) } : {}),
    reason,
    scheduledBy,
  };
}

/** Applies a cancellation; the first one counts. */
export function withCancellation(
  window: MaintenanceWindow,
  { cancelledBy, at }: MaintenanceCancelled,
): MaintenanceWindow {
  return window.cancelled ? window : { ...window, cancelled: { by: cancelledBy, at: Date.parse(at) } };
}

function serializeRecurrence({ until, ...rest }: Recurrence): NonNullable<MaintenanceScheduled['recurrence']> {
  return until === undefined ? rest : { ...rest, until: toTimestamp(until) };
}

function deserializeRecurrence({ until, ...rest }: NonNullable<MaintenanceScheduled['recurrence']>): Recurrence {
  return until === undefined ? rest : { ...rest, until: Date.parse(until) };
}
