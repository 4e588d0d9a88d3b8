import { type IncomingMessage } from 'node:http';
import { AuthenticationError, type Caller, type Clock } from '../event-store/domain/index.js';
import { type Authenticator } from './authenticator.js';

/** The caller now, or why the connection ends. */
export type CheckedCaller =
  { readonly caller: Caller } | { readonly end: 'credentials-expired' | 'credentials-revoked' };

/** Maximum delay of `setTimeout`. */
const MAX_TIMER_MS = 2_147_483_647;

/** Caller of a connection that outlives its request: the credentials are checked again as long as it is open. */
export class ConnectionCaller {
  #hasTimedOut = false;

  constructor(
    private readonly authenticator: Pick<Authenticator, 'identify' | 'listen'>,
    private readonly request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
    /** At the beginning of the connection. */
    private readonly caller: Caller,
    private readonly clock: Clock,
  ) {}

  /**
   * Synchronous as {@link Authenticator.identify}.
   *
   * @throws ConnectionError (or the promise rejects) while the credentials cannot be verified
   */
  current(): CheckedCaller | Promise<CheckedCaller> {
    if (this.caller.kind === 'anonymous') return { caller: this.caller };
    if (this.#hasExpired()) return { end: 'credentials-expired' };
    const identification = this.authenticator.identify(this.request);
    return identification instanceof Promise
      ? identification.then((resolved) => this.#checked(resolved))
      : this.#checked(identification);
  }

  /**
   * Notifies when {@link current} may have changed: API keys have, or the credentials have expired.
   *
   * @returns removes the listener
   */
  listen(onChange: () => void): () => void {
    if (this.caller.kind === 'anonymous') return () => undefined;
    const stopListening = this.authenticator.listen(onChange);
    const stopTimer = this.#atExpiry(onChange);
    return () => {
      stopListening();
      stopTimer();
    };
  }

  #checked({ caller, failure }: Awaited<ReturnType<Authenticator['identify']>>): CheckedCaller {
    if (caller) return { caller };
    if (failure instanceof AuthenticationError)
      return { end: this.#hasExpired() ? 'credentials-expired' : 'credentials-revoked' };
    throw failure;
  }

  #hasExpired(): boolean {
    const { caller } = this;
    if (caller.kind === 'anonymous' || caller.expiresAt === undefined) return false;
    return this.#hasTimedOut || caller.expiresAt <= this.clock.now();
  }

  #atExpiry(onExpired: () => void): () => void {
    const { caller } = this;
    if (caller.kind === 'anonymous' || caller.expiresAt === undefined) return () => undefined;
    const { expiresAt } = caller;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = Math.max(0, expiresAt - this.clock.now());
      timer = setTimeout(() => (left > MAX_TIMER_MS ? wait() : expire()), Math.min(left, MAX_TIMER_MS));
    };
    const expire = (): void => {
      this.#hasTimedOut = true;
      onExpired();
    };
    wait();
    return () => clearTimeout(timer);
  }
}
