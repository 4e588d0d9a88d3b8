import {
  AuthenticationError,
  type Clock,
  ConnectionError,
  type AuthenticatedCaller,
} from '../../event-store/domain/index.js';
import { type ReadModels } from '../../event-store/index.js';
import { API_KEYS_STREAM, type ApiKeys, callerOfKey, evolveApiKeys, parseApiKey, stateOf } from '../domain/index.js';
import { hasHash } from './api-key-secret.js';

/**
 * While the store cannot be reached, a key may be revoked without notice. Cached keys stay valid this long, so that a
 * restart of the store does not lock every service out; then no key is accepted until the read model has caught up.
 */
const MAX_STALE_MS = 30_000;

const UNAVAILABLE = 'API keys cannot be verified: KurrentDB, which stores them, cannot be reached. Retry in a moment';

/** In-memory read model of the API keys: every replica accepts and rejects the same ones. */
export class ApiKeyCache {
  #keys: ApiKeys = new Map();
  #hasCaughtUp = false;
  /** Monotonic clock, in ms; undefined while the subscription is live. */
  #interruptedSince: number | undefined;

  constructor(
    models: Pick<ReadModels, 'project'>,
    private readonly clock: Clock,
  ) {
    const model = models.project({
      name: 'api-keys',
      source: { streamName: API_KEYS_STREAM },
      apply: (events) => (this.#keys = evolveApiKeys(this.#keys, events)),
      clear: () => {
        this.#keys = new Map();
        this.#hasCaughtUp = false;
      },
    });
    model.listen({
      onCaughtUp: () => {
        this.#hasCaughtUp = true;
        this.#interruptedSince = undefined;
      },
      onInterrupted: () => (this.#interruptedSince ??= clock.monotonic()),
    });
  }

  /**
   * @throws AuthenticationError for an invalid key, with a remedy; ConnectionError while keys cannot be verified:
   *   before the read model has caught up, after 30 s without a connection, and, while disconnected, for a key that is
   *   not in the cache
   */
  verify(text: string): AuthenticatedCaller {
    const given = parseApiKey(text);
    if (!given)
      throw new AuthenticationError(
        'The API key is malformed: it must be pps_{id}_{secret}; send it as `api-keys create` printed it',
      );
    const key = this.#keys.get(given.keyId);
    if (!key) throw this.#isCurrent() ? unknownKey() : new ConnectionError(UNAVAILABLE);
    if (!hasHash(given.secret, key.hash)) throw unknownKey();
    const state = stateOf(key, this.clock.now());
    if (state === 'revoked')
      throw new AuthenticationError('The API key has been revoked; ask an operator for a new one');
    if (state === 'expired') throw new AuthenticationError('The API key has expired; ask an operator for a new one');
    if (!this.#isCurrent() && !this.#isBrieflyInterrupted()) throw new ConnectionError(UNAVAILABLE);
    return callerOfKey(key);
  }

  /** Whether a key that is not in the cache does not exist. */
  #isCurrent(): boolean {
    return this.#hasCaughtUp && this.#interruptedSince === undefined;
  }

  #isBrieflyInterrupted(): boolean {
    return (
      this.#hasCaughtUp &&
      this.#interruptedSince !== undefined &&
      this.clock.monotonic() - this.#interruptedSince <= MAX_STALE_MS
    );
  }
}

/** One message for an unknown id and for a wrong secret, so that it does not reveal which ids exist. */
function unknownKey(): AuthenticationError {
  return new AuthenticationError(
    'The API key is unknown; check that it was copied completely, or ask an operator for a new one',
  );
}
