import { settleWithin } from '../../common/wait.js';
import {
  type Caller,
  type Clock,
  ConnectionError,
  type EventPageReader,
  type EventStore,
  isEvent,
  lastEventOf,
  type RecordedEvent,
  StreamDeleted,
  type StreamAuthorizer,
} from '../../event-store/domain/index.js';
import { streamNameOf, type UserStreamKey } from '../domain/index.js';
import { type CurrentStreams } from './current-streams.js';
import { FollowedStreams } from './followed-streams.js';
import { type UserStreamQueries } from './user-stream-queries.js';
import { type UserStreamReadModel } from './user-stream-read-model.js';

/** Interval in which a feed without events asks whether its reader may still read. */
const RECHECK_MS = 1_000;

/** Why a feed ended. */
export type FeedEnd =
  | 'stream-deleted'
  /** The caller may not read the stream any more. */
  | 'permission-lost'
  | 'credentials-expired'
  | 'credentials-revoked'
  /** By its signal. */
  | 'closed';

/** Reader of a feed, whose credentials are checked again while it is open. */
export interface FeedReader {
  /** @throws ConnectionError (or the promise rejects) while the credentials cannot be verified */
  current(): Reader | Promise<Reader>;
  /** Notifies when {@link current} may have changed. @returns removes the listener */
  listen(onChange: () => void): () => void;
}
type Reader = { readonly caller: Caller } | { readonly end: FeedEnd };

export type Feed = AsyncGenerator<RecordedEvent, FeedEnd, undefined>;

/** Live feed of a user stream, for callers with the right to read it. */
export class UserStreamFeed {
  readonly #streams: FollowedStreams;

  constructor(
    readModel: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream'>,
    pages: EventPageReader,
    private readonly queries: UserStreamQueries,
    private readonly authorizer: StreamAuthorizer,
    private readonly current: CurrentStreams,
    clock: Clock,
  ) {
    this.#streams = new FollowedStreams(readModel, pages, clock);
  }

  /**
   * Yields the stored events after a revision and then new ones, each exactly once. Ends when the stream is deleted,
   * when the caller loses the right to read it or the credentials are not valid any more, or on `signal`. Events are
   * read in small pages on demand, so that a slow consumer needs a small buffer.
   *
   * @param caller at the beginning
   * @param after undefined: new events only; a revision that the stream does not have, because the store was restored
   *   from a backup: as if it were the last one
   * @throws StreamNotFoundError, StreamDeletedError, ConnectionError
   */
  async follow(
    caller: Caller,
    reader: FeedReader,
    key: UserStreamKey,
    after: bigint | undefined,
    signal: AbortSignal,
  ): Promise<Feed> {
    const stream = await this.queries.readable(caller, key);
    const last = BigInt(stream.revision);
    return this.#follow(reader, key, after ?? last, last, signal);
  }

  async *#follow(reader: FeedReader, key: UserStreamKey, after: bigint, last: bigint, signal: AbortSignal): Feed {
    const name = streamNameOf(key);
    let notify: (() => void) | undefined;
    const wake = (): void => notify?.();
    const stream = this.#streams.follow(name, wake);
    const stopListening = reader.listen(wake);
    signal.addEventListener('abort', wake);
    try {
      let next = (after <= last ? after : await this.#lastBefore(name, after)) + 1n;
      for (;;) {
        const notified = new Promise<void>((resolve) => (notify = resolve));
        const end = await this.#endOf(reader, key);
        if (end) return end;
        const events = await stream.read(next);
        if (!events) return 'stream-deleted';
        for (const event of events) {
          const endBefore = await this.#endOf(reader, key);
          if (endBefore) return endBefore;
          if (signal.aborted) return 'closed';
          yield event;
          next = event.revision + 1n;
          if (isEvent(event, StreamDeleted)) return 'stream-deleted';
        }
        // What the tables have not received yet notifies nobody.
        while (events.length === 0 && !(await settleWithin(RECHECK_MS, notified))) {
          const endMeanwhile = await this.#endWhileIdle(reader, key);
          if (endMeanwhile) return endMeanwhile;
        }
        if (signal.aborted) return 'closed';
      }
    } finally {
      stream.stop();
      stopListening();
      signal.removeEventListener('abort', wake);
    }
  }

  /** `after`, which another replica may have seen already, or the last revision in the store if that is lower. */
  async #lastBefore(name: string, after: bigint): Promise<bigint> {
    const stored = await lastEventOf(this.store, name);
    return stored && stored.revision < after ? stored.revision : after;
  }

  /** As {@link #endOf}; a store that cannot be reached ends no feed, as nothing is delivered meanwhile. */
  async #endWhileIdle(reader: FeedReader, key: UserStreamKey): Promise<FeedEnd | undefined> {
    try {
      return await this.#endOf(reader, key);
    } catch (error) {
      if (error instanceof ConnectionError) return undefined;
      throw error;
    }
  }

  /**
   * Why nothing may be delivered any more. Whether a deletion is recorded does not matter here: its event ends the
   * feed.
   *
   * @throws ConnectionError
   */
  async #endOf(reader: FeedReader, key: UserStreamKey): Promise<FeedEnd | undefined> {
    const now = await reader.current();
    if ('end' in now) return now.end;
    const stream = await this.current.find(now.caller, 'read', key);
    const mayRead = this.authorizer.has(now.caller, 'read', {
      name: streamNameOf(key),
      permissions: stream?.permissions,
    });
    return mayRead ? undefined : 'permission-lost';
  }
}
