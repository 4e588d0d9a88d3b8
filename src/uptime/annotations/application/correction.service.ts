import { bodyIssue, type Clock, validationError } from '../../../event-store/domain/index.js';
import {
  assertServiceExists,
  type Correction,
  type LiveServices,
  toStatusCorrected,
  type UptimeHistory,
} from '../../domain/index.js';
import { type AnnotationIds, type AnnotationRequest } from './annotation-ids.js';
import { type AnnotationWriter } from './annotation-writer.js';

/** Times in milliseconds since 1970. */
export type CorrectStatusCommand = Pick<Correction, 'from' | 'to' | 'status' | 'reason'>;

export class CorrectionService {
  constructor(
    private readonly history: Pick<UptimeHistory, 'corrections' | 'services'>,
    private readonly live: LiveServices,
    private readonly writer: AnnotationWriter,
    private readonly ids: AnnotationIds,
    private readonly clock: Clock,
  ) {}

  /** In the order of their recording. @throws StreamNotFoundError, ValidationError for an invalid name of a service */
  list(service: string): readonly Correction[] {
    assertServiceExists(service, this.live, this.history);
    return this.history.corrections(service);
  }

  /**
   * @returns the correction, and whether the same request was executed before
   * @throws ValidationError for invalid times; as {@link list} and `AnnotationWriter.append`
   */
  async correct(
    request: AnnotationRequest,
    command: CorrectStatusCommand,
  ): Promise<{ readonly correction: Correction; readonly replayed: boolean }> {
    assertServiceExists(request.service, this.live, this.history);
    if (command.to <= command.from) throw validationError([bodyIssue('to', 'must be later than from')]);
    if (command.to > this.clock.now())
      throw validationError([
        bodyIssue('to', 'must not be later than the current time: only past statuses can be corrected'),
      ]);
    const { id, eventId, idempotencyKey } = this.ids.next('cor', request, payloadOf(command));
    const correction: Correction = { id, ...command, correctedBy: request.caller.id };
    const { recorded, replayed } = await this.writer.appendOnce({
      action: 'corrections.record',
      request,
      annotation: correction,
      idempotencyKey,
      load: () => this.history.corrections(request.service),
      payloadOf,
      toEvent: () => toStatusCorrected(correction, this.clock.now(), eventId),
    });
    return { correction: recorded, replayed };
  }
}

/** Content that is equal for a repeated request. */
function payloadOf({ from, to, status, reason }: CorrectStatusCommand): unknown[] {
  return [from, to, status, reason];
}
