export interface DomainErrorOptions {
  readonly streamName?: string;
  /** Facts that the caller can act on, safe to publish: JSON values without secrets or internals. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Error with a literal `type` and without an HTTP status, which the exception filter of `http/errors` assigns. */
export abstract class DomainError extends Error {
  abstract readonly type: string;
  readonly streamName: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, { streamName, details, cause }: DomainErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.streamName = streamName;
    this.details = details;
  }
}
