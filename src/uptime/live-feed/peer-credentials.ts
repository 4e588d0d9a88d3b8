import { type Logger } from '@nestjs/common';
import { type WebSocket } from 'ws';
import { type Caller, ConnectionError } from '../../event-store/index.js';
import { type CheckedCaller, type ConnectionCaller } from '../../identity/index.js';

/** RFC 6455, 7.4.1. */
const POLICY_VIOLATION = 1_008;
/** RFC 6455, 7.4.1. */
const INTERNAL_ERROR = 1_011;
/** Registered with IANA: the condition is temporary. */
const TRY_AGAIN_LATER = 1_013;

const REASONS = {
  'credentials-expired': 'the credentials have expired',
  'credentials-revoked': 'the credentials are not valid any more',
} as const;

/**
 * Checks the credentials of a WebSocket client before each message, and closes the connection when they are not valid
 * any more.
 */
export class PeerCredentials {
  readonly #stopListening: () => void;
  /** Settles when the earlier checks have: messages keep their order. Undefined while none is running. */
  #checking: Promise<void> | undefined;

  constructor(
    private readonly peer: Pick<WebSocket, 'close'>,
    private readonly caller: Pick<ConnectionCaller, 'current' | 'listen'>,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    this.#stopListening = caller.listen(() => this.check());
  }

  check(): void {
    this.ifValid(() => undefined);
  }

  /**
   * Runs the action with the caller if the credentials are valid: at once if that is known, otherwise after the
   * earlier ones.
   */
  ifValid(action: (caller: Caller) => void): void {
    if (this.#checking) return this.#append(action);
    try {
      const checked = this.caller.current();
      if (checked instanceof Promise) this.#append(action, checked);
      else this.#runIfValid(checked, action);
    } catch (error) {
      this.#fail(error);
    }
  }

  stop(): void {
    this.#stopListening();
  }

  #append(action: (caller: Caller) => void, checked?: Promise<CheckedCaller>): void {
    // It may be rejected before it is awaited.
    checked?.catch(() => undefined);
    const earlier = this.#checking ?? Promise.resolve();
    const checking = earlier
      .then(async () => this.#runIfValid(await (checked ?? this.caller.current()), action))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        if (this.#checking === checking) this.#checking = undefined;
      });
    this.#checking = checking;
  }

  #runIfValid(checked: CheckedCaller, action: (caller: Caller) => void): void {
    if ('end' in checked) this.peer.close(POLICY_VIOLATION, REASONS[checked.end]);
    else action(checked.caller);
  }

  #fail(error: unknown): void {
    if (error instanceof ConnectionError)
      return this.peer.close(TRY_AGAIN_LATER, 'the credentials cannot be verified at the moment');
    this.logger.error({ err: error }, 'Authentication of a live-feed client failed');
    this.peer.close(INTERNAL_ERROR, 'the credentials cannot be verified');
  }
}
