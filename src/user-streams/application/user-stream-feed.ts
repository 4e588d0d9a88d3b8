import {
  type Caller,
  type EventStore,
  isEvent,
  type RecordedEvent,
  StreamDeleted,
  StreamDeletedError,
  type StreamAuthorizer,
  StreamNotFoundError,
} from '../../event-store/domain/index.js';
import { streamNameOf, type UserStreamKey } from '../domain/index.js';
import { type UserStreamQueries } from './user-stream-queries.js';
import { type UserStreamReadModel } from './user-stream-read-model.js';

const PAGE_SIZE = 100;

/** Live feed of a user stream, for callers with the right to read it. */
export class UserStreamFeed {
  constructor(
    private readonly readModel: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly queries: UserStreamQueries,
    private readonly authorizer: StreamAuthorizer,
  ) {}

  /**
   * Yields the stored events after a revision and then new ones, each exactly once. Ends when the stream is deleted,
   * when the caller loses the right to read it, or on `signal`. Events are read page by page on demand, so that a slow
   * consumer needs no buffer.
   *
   * @param after undefined: new events only
   * @throws StreamNotFoundError, StreamDeletedError, ConnectionError
   */
  follow(
    caller: Caller,
    key: UserStreamKey,
    after: bigint | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<RecordedEvent> {
    const stream = this.queries.readable(caller, key);
    return this.#follow(caller, key, (after ?? BigInt(stream.revision)) + 1n, signal);
  }

  async *#follow(
    caller: Caller,
    key: UserStreamKey,
    first: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<RecordedEvent> {
    const name = streamNameOf(key);
    let next = first;
    let notify: (() => void) | undefined;
    const stopListening = this.readModel.listen((changed) => {
      if (changed.has(name)) notify?.();
    });
    const onAbort = (): void => notify?.();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        const notified = new Promise<void>((resolve) => (notify = resolve));
        const events = this.#mayRead(caller, key) ? await this.#eventsFrom(name, next) : undefined;
        for (const event of events ?? []) {
          if (signal.aborted || !this.#mayRead(caller, key)) return;
          yield event;
          next = event.revision + 1n;
          if (isEvent(event, StreamDeleted)) return;
        }
        if (events === undefined || signal.aborted) return;
        if (events.length === 0) await notified;
        if (signal.aborted) return;
      }
    } finally {
      stopListening();
      signal.removeEventListener('abort', onAbort);
    }
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

  #mayRead(caller: Caller, key: UserStreamKey): boolean {
    return this.authorizer.has(caller, 'read', {
      name: streamNameOf(key),
      permissions: this.readModel.stream(key)?.permissions,
    });
  }
}
