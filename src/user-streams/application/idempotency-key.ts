import { type AuthenticatedCaller, ValidationError } from '../../event-store/domain/index.js';
import { type ProcessedRequest } from './user-stream-read-model.js';

/** Gives 64 lower-case hexadecimal digits, the same for the same text and practically never for another. */
export type Digest = (text: string) => string;

/** Gives a new event id at every call. */
export type NextEventId = () => string;

/**
 * What makes a repeated request recognisable: its `Idempotency-Key`, as it counts for one caller and one stream. The ids of its events
 * are made from it, so that the store recognises them too, and kept in their metadata, so that the read model finds them.
 */
export class IdempotencyKey {
  /** Found again in the metadata of the request's events. */
  readonly text: string;
  readonly fingerprint: string;

  /** @param asked all that the request asks for, as JSON values */
  constructor(
    { id }: AuthenticatedCaller,
    streamName: string,
    private readonly given: string,
    asked: readonly unknown[],
    private readonly digest: Digest,
  ) {
    this.text = digest(JSON.stringify([id, streamName, given]));
    this.fingerprint = digest(JSON.stringify(asked));
  }

  /**
   * Ids in the order they are asked for. Their time is 0: a repetition comes at another time. Another request with the same key gets other
   * ids, so that the store does not take it for a repetition before the read model knows of the first.
   */
  eventIds(): NextEventId {
    let made = 0;
    return () => `evt_0_${this.digest(`${this.text}:${this.fingerprint}:${made++}`)}`;
  }

  /** @throws ValidationError where the key was used for something else */
  assertSame({ fingerprint, streamName }: ProcessedRequest): void {
    if (fingerprint === this.fingerprint) return;
    throw new ValidationError(
      `The Idempotency-Key '${this.given}' was used for another request; use a new key for a new request`,
      { streamName },
    );
  }
}
