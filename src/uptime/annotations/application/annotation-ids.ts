import {
  type Clock,
  createEventId,
  type AuthenticatedCaller,
  type RandomString,
  ValidationError,
} from '../../../event-store/domain/index.js';

/** Who wants to write what about which service. */
export interface AnnotationRequest {
  readonly caller: AuthenticatedCaller;
  readonly service: string;
  /** As the caller sent it: the same request with the same key is the same record. */
  readonly idempotencyKey: string | undefined;
  /** Goes into the event's metadata. */
  readonly requestId: string;
}

/** What a record and its event are called. */
export interface AnnotationId {
  readonly id: string;
  readonly eventId: string;
}

/** Gives 64 lower-case hexadecimal digits, the same for the same text and practically never for another. */
export type TextDigest = (text: string) => string;

const ID_LENGTH = 24;

/** Names what is recorded at a request, so that a repeated request is recognised, by the queries and by the store. */
export class AnnotationIds {
  constructor(
    private readonly clock: Clock,
    private readonly random: RandomString,
    private readonly digest: TextDigest,
  ) {}

  /** `{prefix}_{letters and digits}`: made of the request's key where it has one, else by chance. */
  next(prefix: string, { caller, service, idempotencyKey }: AnnotationRequest): AnnotationId {
    if (idempotencyKey === undefined)
      return { id: `${prefix}_${this.random(ID_LENGTH)}`, eventId: createEventId(this.clock.now(), this.random) };
    const eventId = this.of(prefix, caller.id, service, idempotencyKey);
    return { id: `${prefix}_${eventId.slice(-ID_LENGTH)}`, eventId };
  }

  /** The event id of what happens at most once. Its time is 0: a repetition comes at another time. */
  of(...parts: readonly string[]): string {
    return `evt_0_${this.digest(JSON.stringify(parts))}`;
  }
}

/** @throws ValidationError where a request's key was used for something else */
export function assertSameRequest(
  { idempotencyKey }: AnnotationRequest,
  recorded: readonly unknown[],
  asked: readonly unknown[],
): void {
  if (JSON.stringify(recorded) === JSON.stringify(asked)) return;
  throw new ValidationError(
    `The Idempotency-Key '${idempotencyKey}' was used for another request; use a new key for a new request`,
  );
}
