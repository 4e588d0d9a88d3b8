import { validationError } from '../../../event-store/domain/index.js';
import { assertServiceExists, type Correction, toStatusCorrected } from '../../domain/index.js';
import { type AnnotationRequest } from './annotation-ids.js';
import { type AnnotationServiceOptions } from './annotation-service-options.js';

/** Times in milliseconds since 1970. */
export type CorrectStatusCommand = Pick<Correction, 'from' | 'to' | 'status' | 'reason'>;

/** Corrections of recorded statuses by operators. */
export class CorrectionService {
  constructor(private readonly options: AnnotationServiceOptions<'corrections'>) {}

  /** In the order of their recording. @throws StreamNotFoundError, ValidationError for an invalid name of a service */
  list(service: string): readonly Correction[] {
    this.#assertExists(service);
    return this.options.history.corrections(service);
  }

  /**
   * @returns the correction, and whether the same request was executed before
   * @throws ValidationError for invalid times; as {@link list} and `AnnotationWriter.append`
   */
  async correct(
    request: AnnotationRequest,
    command: CorrectStatusCommand,
  ): Promise<{ readonly correction: Correction; readonly replayed: boolean }> {
    const { history, writer, ids, clock } = this.options;
    this.#assertExists(request.service);
    if (command.to <= command.from) throw validationError([{ path: 'to', problem: 'must be later than from' }]);
    if (command.to > clock.now())
      throw validationError([
        { path: 'to', problem: 'must not be later than the current time: only past statuses can be corrected' },
      ]);
    const { id, eventId, idempotencyKey } = ids.next('cor', request, payloadOf(command));
    const correction: Correction = { id, ...command, correctedBy: request.caller.id };
    const { recorded, replayed } = await writer.appendOnce({
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
