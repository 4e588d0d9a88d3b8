import { settleWithin } from '../../common/wait.js';
import {
  type Caller,
  ConnectionError,
  type EventStore,
  isEvent,
  lastEventOf,
  type RecordedEvent,
  StreamDeleted,
  StreamDeletedError,
  type StreamAuthorizer,
  StreamNotFoundError,
} from '../../event-store/domain/index.js';
import { streamNameOf, type UserStreamKey } from '../domain/index.js';
import { type CurrentStreams } from './current-streams.js';
import { type UserStreamQueries } from './user-stream-queries.js';
import { type UserStreamReadModel } from './user-stream-read-model.js';

const PAGE_SIZE = 100;
/** Interval in which a feed without events asks whether its reader may still read. */
const RECHECK_MS = 1_000;

/** Live feed of a user stream, for callers with the right to read it. */
export class UserStreamFeed {
  constructor(
    private readonly readModel: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly queries: UserStreamQueries,
    private readonly authorizer: StreamAuthorizer,
    private readonly current: CurrentStreams,
  ) {}

  /**
   * Yields the stored events after a revision and then new ones, each exactly once. Ends when the stream is deleted,
   * when the caller loses the right to read it, or on `signal`. Events are read page by page on demand, so that a slow
   * consumer needs no buffer.
   *
   * @param after undefined: new events only; a revision that the stream does not have, because the store was restored
   *   from a backup: as if it were the last one
   * @throws StreamNotFoundError, StreamDeletedError, ConnectionError
   */
  async follow(
    caller: Caller,
    key: UserStreamKey,
    after: bigint | undefined,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<RecordedEvent>> {
    const stream = await this.queries.readable(caller, key);
    const last = BigInt(stream.revision);
    return this.#follow(caller, key, after ?? last, last, signal);
  }

  async *#follow(
    caller: Caller,
    key: UserStreamKey,
    after: bigint,
    last: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<RecordedEvent> {
    const name = streamNameOf(key);
    let notify: (() => void) | undefined;
    const stopListening = this.readModel.listen((changed) => {
      if (changed.has(name)) notify?.();
    });
    const onAbort = (): void => notify?.();
    signal.addEventListener('abort', onAbort);
    try {
      let next = (after <= last ? after : await this.#lastBefore(name, after)) + 1n;
      for (;;) {
        const notified = new Promise<void>((resolve) => (notify = resolve));
        const events = (await this.#mayRead(caller, key)) ? await this.#eventsFrom(name, next) : undefined;
        for (const event of events ?? []) {
          if (!(await this.#mayRead(caller, key)) || signal.aborted) return;
          yield event;
          next = event.revision + 1n;
          if (isEvent(event, StreamDeleted)) return;
        }
        if (events === undefined || signal.aborted) return;
        // What the tables have not received yet notifies nobody.
        while (events.length === 0 && !(await settleWithin(RECHECK_MS, notified)))
          if (!(await this.#mayStay(caller, key))) return;
        if (signal.aborted) return;
      }
    } finally {
      stopListening();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** `after`, which another replica may have seen already, or the last revision in the store if that is lower. */
  async #lastBefore(name: string, after: bigint): Promise<bigint> {
    const stored = await lastEventOf(this.store, name);
    return stored && stored.revision < after ? stored.revision : after;
  }

  /** Undefined if the stream was deleted in KurrentDB itself. */
  async #eventsFrom(name: string, first: bigint): Promise<RecordedEvent[] | undefined> {
    try {
      return await this.store.readStream(name, { from: first, limit: PAGE_SIZE });
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return undefined;
      throw error;
    }
  }

  /** As {@link #mayRead}; a store that cannot be reached ends no feed, as nothing is delivered meanwhile. */
  async #mayStay(caller: Caller, key: UserStreamKey): Promise<boolean> {
    try {
      return await this.#mayRead(caller, key);
    } catch (error) {
      if (error instanceof ConnectionError) return true;
      throw error;
    }
  }

  /** Whether a deletion is recorded does not matter here: its event ends the feed. @throws ConnectionError */
  async #mayRead(caller: Caller, key: UserStreamKey): Promise<boolean> {
    const stream = await this.current.find(caller, 'read', key);
    return this.authorizer.has(caller, 'read', { name: streamNameOf(key), permissions: stream?.permissions });
  }
}
