import { bodyIssue, type Clock, validationError } from '../../../event-store/domain/index.js';
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

/** Single with `to`, or recurring. Times in milliseconds since 1970. */
export type ScheduleMaintenanceCommand = Pick<MaintenanceWindow, 'from' | 'to' | 'recurrence' | 'reason'>;

export interface MaintenanceView {
  readonly window: MaintenanceWindow;
  readonly upcoming: readonly MaintenanceOccurrence[];
}

const MAX_UPCOMING = 10;

export class MaintenanceService {
  constructor(
    private readonly history: Pick<UptimeHistory, 'maintenance' | 'services'>,
    private readonly live: LiveServices,
    private readonly writer: AnnotationWriter,
    private readonly ids: AnnotationIds,
    private readonly clock: Clock,
  ) {}

  /** In the order of their scheduling. @throws StreamNotFoundError, ValidationError for an invalid name of a service */
  list(service: string): MaintenanceView[] {
    assertServiceExists(service, this.live, this.history);
    return this.history.maintenance(service).map((window) => this.#viewOf(window));
  }

  /**
   * @returns the window, and whether the same request was executed before
   * @throws ValidationError for invalid times and recurrences; as {@link list} and `AnnotationWriter.append`
   */
  async schedule(
    request: AnnotationRequest,
    command: ScheduleMaintenanceCommand,
  ): Promise<MaintenanceView & { readonly replayed: boolean }> {
    assertServiceExists(request.service, this.live, this.history);
    assertValid(command);
    const { id, eventId, idempotencyKey } = this.ids.next('mnt', request, payloadOf(command));
    const window: MaintenanceWindow = { id, ...command, scheduledBy: request.caller.id };
    const { recorded, replayed } = await this.writer.appendOnce({
      action: 'maintenance.schedule',
      request,
      annotation: window,
      idempotencyKey,
      load: () => this.history.maintenance(request.service),
      payloadOf,
      toEvent: () => toMaintenanceScheduled(window, this.clock.now(), eventId),
    });
    return { ...this.#viewOf(recorded), replayed };
  }

  /**
   * Ends a window at the current time; no effect if it was cancelled before.
   *
   * @returns undefined if the window does not exist
   * @throws as {@link list} and `AnnotationWriter.append`
   */
  async cancel(
    { caller, service, requestId }: Omit<AnnotationRequest, 'idempotencyKey'>,
    id: string,
  ): Promise<MaintenanceView | undefined> {
    assertServiceExists(service, this.live, this.history);
    let cancelled: MaintenanceWindow | undefined;
    const info = { action: 'maintenance.cancel', actor: caller.id, requestId };
    await this.writer.append(service, info, {
      load: () => this.#find(service, id),
      decide: (window) => {
        if (!window || window.cancelled) return undefined;
        const at = this.clock.now();
        cancelled = { ...window, cancelled: { by: caller.id, at } };
        return toMaintenanceCancelled(id, caller.id, at, this.ids.of('cancel', service, id));
      },
    });
    const stored = this.#find(service, id);
    const window = stored?.cancelled ? stored : (cancelled ?? stored);
    return window && this.#viewOf(window);
  }

  #find(service: string, id: string): MaintenanceWindow | undefined {
    return this.history.maintenance(service).find((window) => window.id === id);
  }

  #viewOf(window: MaintenanceWindow): MaintenanceView {
    return { window, upcoming: upcomingOccurrences(window, this.clock.now(), MAX_UPCOMING) };
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
function assertValid({ from, to, recurrence }: ScheduleMaintenanceCommand): void {
  if (to !== undefined && recurrence)
    throw validationError([bodyIssue('recurrence', 'must not be given together with to, because it has a durationMs')]);
  if (to !== undefined && to <= from) throw validationError([bodyIssue('to', 'must be later than from')]);
  if (to === undefined && !recurrence)
    throw validationError([bodyIssue('to', 'must be given unless recurrence is given')]);
  if (recurrence) assertValidRecurrence(from, recurrence);
}

function assertValidRecurrence(from: number, recurrence: Recurrence): void {
  if (recurrence.durationMs > MAX_OCCURRENCE_MS)
    throw validationError([bodyIssue('recurrence.durationMs', `must be ${MAX_OCCURRENCE_MS} or less`)]);
  if (recurrence.until !== undefined && recurrence.until <= from)
    throw validationError([bodyIssue('recurrence.until', 'must be later than from')]);
  const issue = recurrenceIssue({ from, recurrence });
  if (issue) throw validationError([bodyIssue(`recurrence.${issue.path}`, issue.problem)]);
}
