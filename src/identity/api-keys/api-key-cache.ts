import { SharedCalls } from '../../common/shared-calls.js';
import {
  AuthenticationError,
  type Clock,
  ConnectionError,
  DomainError,
  type EventStore,
  type AuthenticatedCaller,
  type RecordedEvent,
  StreamNotFoundError,
} from '../../event-store/domain/index.js';
import { type ReadModels } from '../../event-store/index.js';
import {
  API_KEYS_STREAM,
  type ApiKeyParts,
  type ApiKeys,
  callerOfKey,
  evolveApiKeys,
  parseApiKey,
  stateOf,
} from '../domain/index.js';
import { hasHash } from './api-key-secret.js';

/**
 * While the store cannot be reached, a key may be revoked without notice. Cached keys stay valid this long, so that a
 * restart of the store does not lock every service out; then no key is accepted until the read model has caught up.
 */
const MAX_STALE_MS = 30_000;
/**
 * While connected, no change is unknown for longer; otherwise the cache is brought up to date before a key is verified.
 */
const MAX_BEHIND_MS = 1_000;
/** A read that began longer ago is not waited for by other requests. */
const SHARED_FOR_MS = 500;
const PAGE_SIZE = 1_000;

const UNAVAILABLE = 'API keys cannot be verified: KurrentDB, which stores them, cannot be reached. Retry in a moment';

/** In-memory read model of the API keys: every replica accepts and rejects the same ones. */
export class ApiKeyCache {
  #keys: ApiKeys = new Map();
  /** Revision of the next event to apply. */
  #next = 0n;
  #hasCaughtUp = false;
  /** Monotonic clock, in ms; undefined while the subscription is live. */
  #interruptedSince: number | undefined;
  /** All keys of the store were in the cache at this time of the monotonic clock. */
  #currentAt = Number.NEGATIVE_INFINITY;
  readonly #updates: SharedCalls<void>;
  readonly #listeners = new Set<() => void>();

  constructor(
    models: Pick<ReadModels, 'project' | 'poll'>,
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly clock: Clock,
  ) {
    this.#updates = new SharedCalls(clock, SHARED_FOR_MS);
    const model = models.project({
      name: 'api-keys',
      source: { streamName: API_KEYS_STREAM },
      apply: (events) => this.#apply(events),
      clear: () => {
        this.#keys = new Map();
        this.#next = 0n;
        this.#currentAt = Number.NEGATIVE_INFINITY;
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
    models.poll(async () => {
      if (this.#hasCaughtUp) await this.#bringUpToDate();
    });
  }

  /** Notifies of created and revoked keys. @returns removes the listener */
  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  /**
   * Synchronous while the cache is shown to be at most a second behind; otherwise what it does not have yet is read
   * before.
   *
   * @throws AuthenticationError (or the promise rejects) for an invalid key, with a remedy; ConnectionError while keys
   *   cannot be verified: before the read model has caught up, after 30 s without a connection, and, while
   *   disconnected, for a key that is not in the cache
   */
  verify(text: string): AuthenticatedCaller | Promise<AuthenticatedCaller> {
    const given = parseApiKey(text);
    if (!given)
      throw new AuthenticationError(
        'The API key is malformed: it must be pps_{id}_{secret}; send it as `api-keys create` printed it',
      );
    if (!this.#isCurrent() || this.clock.monotonic() - this.#currentAt <= MAX_BEHIND_MS) return this.#callerOf(given);
    return this.#bringUpToDate().then(
      () => this.#callerOf(given),
      (error: unknown) => {
        throw error instanceof DomainError ? new ConnectionError(UNAVAILABLE, { cause: error }) : error;
      },
    );
  }

  #callerOf({ keyId, secret }: ApiKeyParts): AuthenticatedCaller {
    const key = this.#keys.get(keyId);
    if (!key) throw this.#isCurrent() ? unknownKey() : new ConnectionError(UNAVAILABLE);
    if (!hasHash(secret, key.hash)) throw unknownKey();
    const state = stateOf(key, this.clock.now());
    if (state === 'revoked')
      throw new AuthenticationError('The API key has been revoked; ask an operator for a new one');
    if (state === 'expired') throw new AuthenticationError('The API key has expired; ask an operator for a new one');
    if (!this.#isCurrent() && !this.#isBrieflyInterrupted()) throw new ConnectionError(UNAVAILABLE);
    return callerOfKey(key);
  }

  #apply(events: readonly RecordedEvent[]): void {
    // The subscription and a read may both deliver an event; applied twice, a creation would undo a revocation.
    const added = events.filter(({ revision }) => revision >= this.#next);
    const last = added.at(-1);
    if (!last) return;
    this.#next = last.revision + 1n;
    this.#keys = evolveApiKeys(this.#keys, added);
    for (const listener of this.#listeners) listener();
  }

  /** Shared by requests at the same time. @throws errors of the store */
  #bringUpToDate(): Promise<void> {
    return this.#updates.run(API_KEYS_STREAM, (startedAt) => this.#readNew(startedAt));
  }

  async #readNew(startedAt: number): Promise<void> {
    let page: readonly RecordedEvent[];
    do {
      page = await this.#readPage();
      this.#apply(page);
    } while (page.length === PAGE_SIZE);
    this.#currentAt = Math.max(this.#currentAt, startedAt);
  }

  /** The stream does not exist before the first key is created. */
  async #readPage(): Promise<readonly RecordedEvent[]> {
    try {
      return await this.store.readStream(API_KEYS_STREAM, { from: this.#next, limit: PAGE_SIZE });
    } catch (error) {
      if (error instanceof StreamNotFoundError) return [];
      throw error;
    }
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
