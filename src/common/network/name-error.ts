/** Codes of Node's `dns.lookup`: no address; or the name servers did not say. */
export type NameErrorCode = 'ENOTFOUND' | 'EAI_AGAIN';

/** A failed look-up, in the form of the errors of Node's `dns.lookup`. */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly syscall = 'getaddrinfo';

  constructor(
    readonly code: NameErrorCode,
    readonly hostname: string,
  ) {
    super(`getaddrinfo ${code} ${hostname}`);
  }
}
