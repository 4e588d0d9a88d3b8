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

const PAGE = 100;

/** Follows a user's stream, event by event, as long as the caller may read it. */
export class UserStreamFeed {
  constructor(
    private readonly table: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly queries: UserStreamQueries,
    private readonly authorizer: StreamAuthorizer,
  ) {}

  /**
   * All events behind a revision, those that are recorded later too; ends when the stream is deleted, when the caller may not read it any
   * more, or by the signal. Each event is read from the stream when the one before it has been taken, so that a slow reader costs no
   * memory, and none is left out or told twice.
   *
   * @param after undefined: only those that are recorded from now on
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
    let wake: (() => void) | undefined;
    const unlisten = this.table.listen((events) => {
      if (events.some(({ streamName }) => streamName === name || streamName === `$$${name}`)) wake?.();
    });
    const onAbort = (): void => wake?.();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        const recorded = new Promise<void>((resolve) => (wake = resolve));
        const events = this.#mayRead(caller, key) ? await this.#eventsFrom(name, next) : undefined;
        for (const event of events ?? []) {
          if (signal.aborted || !this.#mayRead(caller, key)) return;
          yield event;
          next = event.revision + 1n;
          if (isEvent(event, StreamDeleted)) return;
        }
        if (events === undefined || signal.aborted) return;
        if (events.length === 0) await recorded;
        if (signal.aborted) return;
      }
    } finally {
      unlisten();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Undefined where KurrentDB itself has deleted the stream meanwhile. */
  async #eventsFrom(name: string, first: bigint): Promise<RecordedEvent[] | undefined> {
    try {
      return await this.store.readStream(name, { from: first, limit: PAGE });
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return undefined;
      throw error;
    }
  }

  #mayRead(caller: Caller, key: UserStreamKey): boolean {
    return this.authorizer.has(caller, 'read', {
      name: streamNameOf(key),
      permissions: this.table.stream(key)?.permissions,
    });
  }
}
