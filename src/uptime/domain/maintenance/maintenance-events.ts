import { defineEvent, type NewEvent } from '../../../event-store/domain/index.js';
import { type MaintenanceWindow } from './maintenance-window.js';
import {
  fieldsOf,
  identifierOf,
  integerOf,
  millisecondsOf,
  optional,
  spanOf,
  textOf,
  timestampOf,
} from '../event-data.js';
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

export const MaintenanceScheduled = defineEvent<'MaintenanceScheduled', MaintenanceScheduled>({
  type: 'MaintenanceScheduled',
  schemaVersion: 1,
  parse: (data) => {
    const event = fieldsOf(data, 'data');
    if ((event.to === undefined) === (event.recurrence === undefined))
      throw new Error('exactly one of to and recurrence is required');
    const parsed = {
      maintenanceId: identifierOf(event.maintenanceId, 'maintenanceId'),
      from: timestampOf(event.from, 'from'),
      ...optional('to', event.to, timestampOf),
      ...optional('recurrence', event.recurrence, recurrenceOf),
      reason: textOf(event.reason, 'reason'),
      scheduledBy: textOf(event.scheduledBy, 'scheduledBy'),
    };
    if (parsed.to !== undefined) spanOf(parsed.from, parsed.to);
    return parsed;
  },
});

export const MaintenanceCancelled = defineEvent<'MaintenanceCancelled', MaintenanceCancelled>({
  type: 'MaintenanceCancelled',
  schemaVersion: 1,
  parse: (data) => {
    const event = fieldsOf(data, 'data');
    return {
      maintenanceId: identifierOf(event.maintenanceId, 'maintenanceId'),
      cancelledBy: textOf(event.cancelledBy, 'cancelledBy'),
      at: timestampOf(event.at, 'at'),
    };
  },
});

/** @param eventId chosen by the caller, so that a repeated request is recognized */
export function toMaintenanceScheduled(
  { id, from, to, recurrence, reason, scheduledBy }: MaintenanceWindow,
  at: number,
  eventId: string,
): NewEvent<'MaintenanceScheduled', MaintenanceScheduled> {
  const data = {
    maintenanceId: id,
    from: new Date(from).toISOString(),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
    ...(recurrence ? { recurrence: serializeRecurrence(recurrence) } : {}),
    reason,
    scheduledBy,
  };
  return {
    type: MaintenanceScheduled.type,
    data,
    timestamp: new Date(at).toISOString(),
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
  const timestamp = new Date(at).toISOString();
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
    from: millisecondsOf(from, 'from'),
    ...(to === undefined ? {} : { to: millisecondsOf(to, 'to') }),
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
  return window.cancelled ? window : { ...window, cancelled: { by: cancelledBy, at: millisecondsOf(at, 'at') } };
}

function recurrenceOf(value: unknown, name: string): NonNullable<MaintenanceScheduled['recurrence']> {
  const { rule, timezone, durationMs, until } = fieldsOf(value, name);
  return {
    rule: textOf(rule, `${name}.rule`),
    timezone: textOf(timezone, `${name}.timezone`),
    durationMs: integerOf(durationMs, `${name}.durationMs`),
    ...(until === undefined ? {} : { until: timestampOf(until, `${name}.until`) }),
  };
}

function serializeRecurrence({ until, ...rest }: Recurrence): NonNullable<MaintenanceScheduled['recurrence']> {
  return until === undefined ? rest : { ...rest, until: new Date(until).toISOString() };
}

function deserializeRecurrence({ until, ...rest }: NonNullable<MaintenanceScheduled['recurrence']>): Recurrence {
  return until === undefined ? rest : { ...rest, until: millisecondsOf(until, 'until') };
}
