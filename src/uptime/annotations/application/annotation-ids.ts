import { type Digest, IdempotencyKey } from '../../../event-store/commands/index.js';
import {
  type AuthenticatedCaller,
  type Clock,
  createEventId,
  type RandomString,
} from '../../../event-store/domain/index.js';

/** Caller and target of a write request. */
export interface AnnotationRequest {
  readonly caller: AuthenticatedCaller;
  readonly service: string;
  /** Value of the header. */
  readonly idempotencyKey: string | undefined;
  /** Stored in the metadata of the event. */
  readonly requestId: string;
}

export interface AnnotationId {
  readonly id: string;
  readonly eventId: string;
  readonly idempotencyKey: IdempotencyKey | undefined;
}

const ID_LENGTH = 24;

/** Generates ids of annotations, equal for a repeated request: the read model and the store recognize it by them. */
export class AnnotationIds {
  constructor(
    private readonly clock: Clock,
    private readonly random: RandomString,
    private readonly digest: Digest,
  ) {}

  /**
   * `{prefix}_{24 letters and digits}`: derived from the `Idempotency-Key`, or random.
   *
   * @param payload content of the request, as JSON values
   */
  next(
    prefix: string,
    { caller, service, idempotencyKey: given }: AnnotationRequest,
    payload: readonly unknown[],
  ): AnnotationId {
    if (given === undefined) {
      const id = `${prefix}_${this.random(ID_LENGTH)}`;
      return { id, eventId: createEventId(this.clock.now(), this.random), idempotencyKey: undefined };
    }
    const idempotencyKey = new IdempotencyKey([prefix, caller.id, service], given, payload, this.digest);
    const eventId = timelessEventId(idempotencyKey.text);
    return { id: `${prefix}_${eventId.slice(-ID_LENGTH)}`, eventId, idempotencyKey };
  }

  /** Event id of an event that is recorded at most once. */
  of(...parts: readonly string[]): string {
    return timelessEventId(this.digest(JSON.stringify(parts)));
  }
}

/** With time 0, because a repeated request has another time. */
function timelessEventId(digest: string): string {
  return `evt_0_${digest}`;
}
