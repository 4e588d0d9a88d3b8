import {
  AuthenticationError,
  type Clock,
  ConnectionError,
  type EventStore,
  type EventSubscription,
  type AuthenticatedCaller,
} from '../../event-store/domain/index.js';
import { API_KEYS_STREAM, type ApiKeys, callerOfKey, evolveApiKeys, parseApiKey, stateOf } from '../domain/index.js';
import { hasHash } from './api-key-secret.js';

/**
 * While the store cannot be reached, a key may have been revoked without this process knowing. For so long that is put up with, so that a
 * restart of the store does not lock every service out; then no key is accepted until the table has caught up.
 */
const MAX_UNSEEN_MS = 30_000;

const NOT_NOW =
  'API keys cannot be checked now: KurrentDB, where they are recorded, cannot be reached. Retry in a moment';

/** The API keys that are accepted, kept in memory by following their stream: a key is made or revoked for all replicas at once. */
export class ApiKeyCache {
  #keys: ApiKeys = new Map();
  #hasCaughtUp = false;
  /** By the monotonic clock; undefined while the stream is followed. */
  #blindSince: number | undefined;
  #subscription: EventSubscription | undefined;

  constructor(
    private readonly store: Pick<EventStore, 'subscribeToStream'>,
    private readonly clock: Clock,
  ) {}

  /** Begins to follow the stream, without waiting for it; it need not exist yet. */
  start(): void {
    this.#subscription ??= this.store.subscribeToStream(API_KEYS_STREAM, {
      onBatch: ({ events }) => {
        this.#keys = evolveApiKeys(this.#keys, events);
      },
      onCaughtUp: () => {
        this.#hasCaughtUp = true;
        this.#blindSince = undefined;
      },
      onInterrupted: () => {
        this.#blindSince ??= this.clock.monotonic();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
  }

  /**
   * Who holds an API key.
   *
   * @throws AuthenticationError for one that is not accepted, with what to do about it; ConnectionError where that cannot be told:
   *   before the stream has been read, after more than 30 s without a connection, and without one for a key that is not known here
   */
  verify(text: string): AuthenticatedCaller {
    const given = parseApiKey(text);
    if (!given)
      throw new AuthenticationError(
        'The API key has not the form of one (pps_…); send it as it was printed when it was made',
      );
    const key = this.#keys.get(given.keyId);
    if (!key) throw this.#isCurrent() ? unknownKey() : new ConnectionError(NOT_NOW);
    if (!hasHash(given.secret, key.hash)) throw unknownKey();
    const state = stateOf(key, this.clock.now());
    if (state === 'revoked')
      throw new AuthenticationError('The API key has been revoked; ask an operator for a new one');
    if (state === 'expired') throw new AuthenticationError('The API key has expired; ask an operator for a new one');
    if (!this.#isCurrent() && !this.#isBlindForAMoment()) throw new ConnectionError(NOT_NOW);
    return callerOfKey(key);
  }

  /** Whether a key that is not in the table does not exist. */
  #isCurrent(): boolean {
    return this.#hasCaughtUp && this.#blindSince === undefined;
  }

  #isBlindForAMoment(): boolean {
    return (
      this.#hasCaughtUp && this.#blindSince !== undefined && this.clock.monotonic() - this.#blindSince <= MAX_UNSEEN_MS
    );
  }
}

/** The same for a key that is not there and one whose secret is wrong. */
function unknownKey(): AuthenticationError {
  return new AuthenticationError(
    'The API key is not known here; check that it was copied whole, or ask an operator for a new one',
  );
}
