import { type Clock, validationError } from '../../../event-store/domain/index.js';
import {
  assertServiceExists,
  type LiveServices,
  MAX_OCCURRENCE_MS,
  type MaintenanceOccurrence,
  type MaintenanceWindow,
  recurrenceIssue,
  type Recurrence,
  toMaintenanceCancelled,
  toMaintenanceScheduled,
  upcomingOccurrences,
  type UptimeHistory,
} from '../../domain/index.js';
import { type AnnotationIds, type AnnotationRequest } from './annotation-ids.js';
import { type AnnotationWriter } from './annotation-writer.js';

/** Maintenance as it is asked for: single with `to`, or recurring. Times in milliseconds since 1970. */
export type ScheduleMaintenanceCommand = Pick<MaintenanceWindow, 'from' | 'to' | 'recurrence' | 'reason'>;

/** A window, and those of its occurrences that are not over. */
export interface MaintenanceView {
  readonly window: MaintenanceWindow;
  readonly upcoming: readonly MaintenanceOccurrence[];
}

export interface MaintenanceServiceOptions {
  readonly history: Pick<UptimeHistory, 'maintenance' | 'services'>;
  readonly live: LiveServices;
  readonly records: AnnotationWriter;
  readonly ids: AnnotationIds;
  readonly clock: Clock;
}

const MAX_UPCOMING = 10;

/** Maintenance of services: what is planned, what is added, what is taken back. */
export class MaintenanceService {
  constructor(private readonly options: MaintenanceServiceOptions) {}

  /** All that was ever scheduled, in that order. @throws StreamNotFoundError for a service that nobody knows, ValidationError for what cannot name one */
  list(service: string): MaintenanceView[] {
    this.#assertExists(service);
    return this.options.history.maintenance(service).map((window) => this.#planned(window));
  }

  /**
   * @returns the window, and whether the same request had been carried out before
   * @throws ValidationError for times and recurrences that make no sense; as {@link list} and `AnnotationWriter.append` do
   */
  async schedule(
    request: AnnotationRequest,
    asked: ScheduleMaintenanceCommand,
  ): Promise<MaintenanceView & { readonly replayed: boolean }> {
    const { history, records, ids, clock } = this.options;
    this.#assertExists(request.service);
    assertSensible(asked);
    const { id, eventId, idempotencyKey } = ids.next('mnt', request, payloadOf(asked));
    const window: MaintenanceWindow = { id, ...asked, scheduledBy: request.caller.id };
    const { recorded, replayed } = await records.appendOnce({
      action: 'maintenance.schedule',
      request,
      annotation: window,
      idempotencyKey,
      load: () => history.maintenance(request.service),
      payloadOf,
      toEvent: () => toMaintenanceScheduled(window, clock.now(), eventId),
    });
    return { ...this.#planned(recorded), replayed };
  }

  /**
   * Ends a window: from now on there is nothing of it. One that was ended before stays as it is.
   *
   * @returns undefined where there is no such window
   * @throws as {@link list} and `AnnotationWriter.append` do
   */
  async cancel(
    { caller, service, requestId }: Omit<AnnotationRequest, 'idempotencyKey'>,
    id: string,
  ): Promise<MaintenanceView | undefined> {
    const { records, ids, clock } = this.options;
    this.#assertExists(service);
    let cancelled: MaintenanceWindow | undefined;
    const info = { action: 'maintenance.cancel', actor: caller.id, requestId };
    const load = (): MaintenanceWindow | undefined => this.#find(service, id);
    await records.append(service, info, load, (known) => {
      if (!known || known.cancelled) return undefined;
      const at = clock.now();
      cancelled = { ...known, cancelled: { by: caller.id, at } };
      return toMaintenanceCancelled(id, caller.id, at, ids.of('cancel', service, id));
    });
    const known = this.#find(service, id);
    const window = known?.cancelled ? known : (cancelled ?? known);
    return window && this.#planned(window);
  }

  #find(service: string, id: string): MaintenanceWindow | undefined {
    return this.options.history.maintenance(service).find((window) => window.id === id);
  }

  #planned(window: MaintenanceWindow): MaintenanceView {
    return { window, upcoming: upcomingOccurrences(window, this.options.clock.now(), MAX_UPCOMING) };
  }

  #assertExists(service: string): void {
    const { live, history } = this.options;
    assertServiceExists(service, live, history);
  }
}

/** Content that is equal for a repeated request. */
function payloadOf({ from, to, recurrence, reason }: ScheduleMaintenanceCommand): unknown[] {
  return [
    from,
    to,
    recurrence && [recurrence.rule, recurrence.timezone, recurrence.durationMs, recurrence.until],
    reason,
  ];
}

/** @throws ValidationError */
function assertSensible({ from, to, recurrence }: ScheduleMaintenanceCommand): void {
  if (to !== undefined && recurrence)
    throw validationError([
      { path: 'recurrence', problem: 'cannot go together with to: a recurrence says how long each time lasts' },
    ]);
  if (to !== undefined && to <= from) throw validationError([{ path: 'to', problem: 'must be later than from' }]);
  if (to === undefined && !recurrence)
    throw validationError([{ path: 'to', problem: 'must be given, or recurrence where it comes again and again' }]);
  if (recurrence) assertRecurs(from, recurrence);
}

function assertRecurs(from: number, recurrence: Recurrence): void {
  if (recurrence.durationMs > MAX_OCCURRENCE_MS)
    throw validationError([{ path: 'recurrence.durationMs', problem: `must be ${MAX_OCCURRENCE_MS} or less` }]);
  if (recurrence.until !== undefined && recurrence.until <= from)
    throw validationError([{ path: 'recurrence.until', problem: 'must be later than from' }]);
  const mistake = recurrenceIssue({ from, recurrence });
  if (mistake) throw validationError([{ path: `recurrence.${mistake.path}`, problem: mistake.problem }]);
}
