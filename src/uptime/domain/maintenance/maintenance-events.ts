import { toTimestamp } from '../../../common/time.js';
import { defineEvent, type EventDataOf, type NewEvent } from '../../../event-store/domain/index.js';
import { type MaintenanceWindow } from './maintenance-window.js';
import { integer, object, optional, refine, string, utcTimestamp } from '../../../common/parse.js';
import { rangeProblem, recordId, uptimeEvent } from '../event-data.js';
import { type Recurrence } from './recurrence.js';

/** Maintenance was scheduled. */
export const MaintenanceScheduled = defineEvent({
  type: 'MaintenanceScheduled',
  parse: refine(
    object({
      maintenanceId: recordId,
      from: utcTimestamp,
      /** End of a single window; a recurring one has `recurrence` instead. */
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
  ),
});
export type MaintenanceScheduled = EventDataOf<typeof MaintenanceScheduled>;

/** Maintenance was cancelled from `at` on; its earlier part stays. */
export const MaintenanceCancelled = defineEvent({
  type: 'MaintenanceCancelled',
  parse: object({ maintenanceId: recordId, cancelledBy: string, at: utcTimestamp }),
});
export type MaintenanceCancelled = EventDataOf<typeof MaintenanceCancelled>;

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
  return uptimeEvent(MaintenanceScheduled, data, { timestamp: toTimestamp(at), eventId });
}

export function toMaintenanceCancelled(
  maintenanceId: string,
  cancelledBy: string,
  at: number,
  eventId: string,
): NewEvent<'MaintenanceCancelled', MaintenanceCancelled> {
  const timestamp = toTimestamp(at);
  return uptimeEvent(MaintenanceCancelled, { maintenanceId, cancelledBy, at: timestamp }, { timestamp, eventId });
}

export function fromMaintenanceScheduled(event: MaintenanceScheduled): MaintenanceWindow {
  const { maintenanceId: id, from, to, recurrence, ...rest } = event;
  return {
    id,
    from: Date.parse(from),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(recurrence ? { recurrence: deserializeRecurrence(recurrence) } : {}),
    ...rest,
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
