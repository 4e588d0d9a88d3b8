import { ValidationError } from '../domain/index.js';

/** Hash of a string as 64 lower-case hexadecimal digits (SHA-256). */
export type Digest = (text: string) => string;

/** Returns a new event id for each call. */
export type NextEventId = () => string;

/** A request that was executed before, as recorded in the metadata of its events. */
export interface RecordedRequest {
  readonly fingerprint: string;
  readonly streamName?: string;
}

/**
 * `Idempotency-Key` of a request, valid for one scope, such as a caller and a stream. Event ids are derived from it, so
 * that the store recognizes a repeated append; `text` and `fingerprint` are stored as `requestKey` and `fingerprint` in
 * the metadata of the events, so that a read model finds the request.
 */
export class IdempotencyKey {
  readonly text: string;
  readonly fingerprint: string;

  /**
   * @param given value of the header
   * @param payload content of the request as JSON values: two requests with the same key must have the same payload
   */
  constructor(
    scope: readonly string[],
    private readonly given: string,
    payload: readonly unknown[],
    private readonly digest: Digest,
  ) {
    this.text = digest(JSON.stringify([...scope, given]));
    this.fingerprint = this.fingerprintOf(payload);
  }

  fingerprintOf(payload: readonly unknown[]): string {
    return this.digest(JSON.stringify(payload));
  }

  /**
   * Event ids of the request in the order of its events. Their time is 0, because a repetition comes at another time. A
   * different request with the same key gets different ids, so that the store does not accept it as a repetition before
   * the read model has the first request.
   */
  eventIds(): NextEventId {
    let count = 0;
    return () => `evt_0_${this.digest(`${this.text}:${this.fingerprint}:${count++}`)}`;
  }

  /** @throws ValidationError if the key was used for a different request */
  assertSame({ fingerprint, streamName }: RecordedRequest): void {
    if (fingerprint === this.fingerprint) return;
    throw new ValidationError(
      `The Idempotency-Key '${this.given}' was used for another request; use a new key for a new request`,
      streamName === undefined ? {} : { streamName },
    );
  }
}
