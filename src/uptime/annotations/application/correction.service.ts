import { type Clock, validationError } from '../../../event-store/domain/index.js';
import {
  assertServiceExists,
  type LiveServices,
  type Correction,
  toStatusCorrected,
  type UptimeHistory,
} from '../../domain/index.js';
import { type AnnotationIds, type AnnotationRequest } from './annotation-ids.js';
import { type AnnotationWriter } from './annotation-writer.js';

/** A correction as it is asked for. Times in milliseconds since 1970. */
export type CorrectStatusCommand = Pick<Correction, 'from' | 'to' | 'status' | 'reason'>;

export interface CorrectionServiceOptions {
  readonly history: Pick<UptimeHistory, 'corrections' | 'services'>;
  readonly live: LiveServices;
  readonly records: AnnotationWriter;
  readonly ids: AnnotationIds;
  readonly clock: Clock;
}

/** What people know better than the probes. */
export class CorrectionService {
  constructor(private readonly options: CorrectionServiceOptions) {}

  /** All of them, in the order they were made in. @throws StreamNotFoundError for a service that nobody knows, ValidationError for what cannot name one */
  list(service: string): readonly Correction[] {
    this.#assertExists(service);
    return this.options.history.corrections(service);
  }

  /**
   * @returns the correction, and whether the same request had been carried out before
   * @throws ValidationError for times that make no sense; as {@link list} and `AnnotationWriter.append` do
   */
  async correct(
    request: AnnotationRequest,
    asked: CorrectStatusCommand,
  ): Promise<{ readonly correction: Correction; readonly replayed: boolean }> {
    const { history, records, ids, clock } = this.options;
    this.#assertExists(request.service);
    if (asked.to <= asked.from) throw validationError([{ path: 'to', problem: 'must be later than from' }]);
    if (asked.to > clock.now())
      throw validationError([
        { path: 'to', problem: 'must not be later than now: only what has passed can be corrected' },
      ]);
    const { id, eventId, idempotencyKey } = ids.next('cor', request, payloadOf(asked));
    const correction: Correction = { id, ...asked, correctedBy: request.caller.id };
    const { recorded, replayed } = await records.appendOnce({
      action: 'corrections.record',
      request,
      annotation: correction,
      idempotencyKey,
      load: () => history.corrections(request.service),
      payloadOf,
      toEvent: () => toStatusCorrected(correction, clock.now(), eventId),
    });
    return { correction: recorded, replayed };
  }

  #assertExists(service: string): void {
    const { live, history } = this.options;
    assertServiceExists(service, live, history);
  }
}

/** Content that is equal for a repeated request. */
function payloadOf({ from, to, status, reason }: CorrectStatusCommand): unknown[] {
  return [from, to, status, reason];
}
