import {
  type Caller,
  type EventStore,
  StreamDeleted,
  StreamDeletedError,
  type StreamAuthorizer,
  StreamNotFoundError,
  StreamRestored,
  type StreamRight,
  type UserStreamType,
  ValidationError,
  isEvent,
} from '../../event-store/domain/index.js';
import {
  assertNotDeleted,
  type DataEvent,
  holdsData,
  keyOfStream,
  type Usage,
  streamNameOf,
  type UserStream,
  type UserStreamKey,
  type Visibility,
  visibilityOf,
} from '../domain/index.js';
import { assertCaughtUp, type StoredData, type UserStreamReadModel } from './user-stream-read-model.js';

/** A stream's data at some moment. */
export interface UserStreamState {
  readonly key: UserStreamKey;
  /** The stream's last revision then. */
  readonly revision: number;
  /** Undefined where the stream had no data yet. */
  readonly data: StoredData | undefined;
}

export interface StreamFilter {
  readonly type?: UserStreamType;
  readonly category?: string;
  readonly tag?: string;
  readonly visibility?: Visibility;
  /** `active` where absent; deleted ones only for who may restore them. */
  readonly status?: 'active' | 'deleted';
}

export interface StreamPage {
  readonly streams: readonly UserStream[];
  /** Name of the stream behind which the next page begins; undefined after the last one. */
  readonly nextAfter: string | undefined;
}

/** How many events are read at a time to find the last one with data. */
const LOOK_BACK = 32;

/** Answers from the read model; only what a stream had been earlier is read from the stream itself, event by event. */
export class UserStreamQueries {
  constructor(
    private readonly table: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly authorizer: StreamAuthorizer,
  ) {}

  /** @throws StreamNotFoundError, StreamDeletedError, ConnectionError */
  state(caller: Caller, key: UserStreamKey): UserStreamState {
    const stream = this.readable(caller, key);
    return { key, revision: stream.revision, data: this.table.data(key) };
  }

  /** The state right after the event of a revision. @throws ValidationError for a revision that does not exist yet, and as {@link state} */
  async stateAtRevision(caller: Caller, key: UserStreamKey, revision: bigint): Promise<UserStreamState> {
    const stream = this.readable(caller, key);
    if (revision > BigInt(stream.revision)) {
      throw new ValidationError(
        `Stream '${stream.name}' is at revision ${stream.revision}; ask for that one or an earlier one`,
        { streamName: stream.name, details: { currentRevision: String(stream.revision) } },
      );
    }
    return this.#stateAt(key, Number(revision));
  }

  /** The state at a time, in milliseconds since 1970. @throws StreamNotFoundError where the stream began later, and as {@link state} */
  async stateAtTime(caller: Caller, key: UserStreamKey, at: number): Promise<UserStreamState> {
    const { name } = this.readable(caller, key);
    const revision = this.table.revisionAt(key, at);
    if (revision === undefined) throw new StreamNotFoundError(name);
    return this.#stateAt(key, revision);
  }

  /** The streams of a user that the caller may read, by type and category. @throws ConnectionError */
  list(
    caller: Caller,
    userId: string,
    { type, category, tag, visibility, status = 'active' }: StreamFilter,
    limit: number,
    after?: string,
  ): StreamPage {
    assertCaughtUp(this.table);
    const right: StreamRight = status === 'deleted' ? 'admin' : 'read';
    const matches = (stream: UserStream): boolean => {
      const key = keyOfStream(stream.name);
      return (
        (stream.deletedAt !== undefined) === (status === 'deleted') &&
        (type === undefined || key?.type === type) &&
        (category === undefined || key?.category === category) &&
        (tag === undefined || stream.tags.includes(tag)) &&
        (visibility === undefined || visibilityOf(stream) === visibility)
      );
    };
    const found: UserStream[] = [];
    for (const stream of this.table.streamsOf(userId, this.#cursor(userId, after))) {
      if (!matches(stream) || !this.authorizer.has(caller, right, stream)) continue;
      found.push(stream);
      // One more than asked for tells whether there is a next page.
      if (found.length > limit) break;
    }
    const streams = this.authorizer.select(caller, right, found.slice(0, limit));
    return { streams, nextAfter: found.length > limit ? streams.at(-1)?.name : undefined };
  }

  usage(userId: string): Usage {
    return this.table.usage(userId);
  }

  /** The stream, if the caller may read it. @throws StreamNotFoundError, StreamDeletedError, ConnectionError */
  readable(caller: Caller, key: UserStreamKey): UserStream {
    assertCaughtUp(this.table);
    const name = streamNameOf(key);
    const stream = this.table.stream(key);
    this.authorizer.assertMay(caller, 'read', { name, permissions: stream?.permissions });
    if (!stream) throw new StreamNotFoundError(name);
    assertNotDeleted(stream);
    return stream;
  }

  async #stateAt(key: UserStreamKey, revision: number): Promise<UserStreamState> {
    let isRestored = false;
    for (let from = revision; from >= 0; from -= LOOK_BACK) {
      const events = await this.store.readStream(streamNameOf(key), {
        from: BigInt(from),
        direction: 'backwards',
        limit: LOOK_BACK,
      });
      for (const event of events) {
        isRestored ||= isEvent(event, StreamRestored);
        if (!isRestored && isEvent(event, StreamDeleted)) throw new StreamDeletedError(streamNameOf(key));
        if (holdsData(event)) return { key, revision, data: storedDataOf(event) };
      }
      if (events.length < LOOK_BACK) break;
    }
    return { key, revision, data: undefined };
  }

  #cursor(userId: string, after: string | undefined): UserStreamKey | undefined {
    const key = after === undefined ? undefined : keyOfStream(after);
    if (after !== undefined && key?.userId !== userId)
      throw new ValidationError(`after must be the name of a stream of user '${userId}'`, {
        details: { mistakes: [{ path: 'after', problem: 'must be the nextAfter of the page before' }] },
      });
    return key;
  }
}

/** What the read model keeps of an event with data. */
export function storedDataOf({
  data: { data },
  metadata: { dataSchema },
  revision,
  eventId,
  timestamp,
}: DataEvent): StoredData {
  return {
    json: JSON.stringify(data),
    revision: Number(revision),
    eventId,
    at: Date.parse(timestamp),
    ...(typeof dataSchema === 'string' ? { schema: dataSchema } : {}),
  };
}
