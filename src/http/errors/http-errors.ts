import { DomainError, type DomainErrorOptions } from '../../errors/index.js';

/** The path has routes, none of them for the method of the request. */
export class MethodNotAllowedError extends DomainError {
  readonly type = 'method-not-allowed';

  /** @param allowed for the header `Allow` */
  constructor(
    method: string,
    readonly allowed: readonly string[],
  ) {
    super(`This path does not know the method ${method}; allowed are ${allowed.join(', ')}`, { details: { allowed } });
  }
}

/** No representation of the response is acceptable to the client. */
export class NotAcceptableError extends DomainError {
  readonly type = 'not-acceptable';

  constructor(offered: readonly string[]) {
    super(`The header Accept excludes what this route responds with; it offers ${offered.join(', ')}`, {
      details: { offered },
    });
  }
}

/** The path speaks another protocol, to which a connection is upgraded. */
export class UpgradeRequiredError extends DomainError {
  readonly type = 'upgrade-required';

  /** @param protocol for the header `Upgrade` */
  constructor(readonly protocol: string) {
    super(`This path speaks ${protocol}: connect with a client for it, which sends Upgrade: ${protocol}`);
  }
}

/** A condition in the headers of the request is not met (RFC 9110, 13). */
export class PreconditionFailedError extends DomainError {
  readonly type = 'precondition-failed';

  constructor(message: string, options: DomainErrorOptions) {
    super(message, options);
  }
}
