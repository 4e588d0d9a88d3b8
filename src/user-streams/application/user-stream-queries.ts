import {
  type Caller,
  type EventStore,
  StreamDeleted,
  StreamDeletedError,
  type StreamAuthorizer,
  StreamNotFoundError,
  StreamRestored,
  type UserStreamType,
  ValidationError,
  isEvent,
  namesOf,
  overridesUserStreams,
} from '../../event-store/domain/index.js';
import {
  assertNotDeleted,
  type DataEvent,
  isDataEvent,
  keyOfStream,
  LIST_RIGHT,
  type ListName,
  listOf,
  type Usage,
  streamNameOf,
  tagsOf,
  type UserStream,
  type UserStreamKey,
  type Visibility,
  visibilityOf,
} from '../domain/index.js';
import { type CurrentStreams } from './current-streams.js';
import { assertCaughtUp, type StoredData, type UserStreamReadModel } from './user-stream-read-model.js';

export interface UserStreamState {
  readonly key: UserStreamKey;
  readonly revision: number;
  /** Undefined if the stream had no data yet. */
  readonly data: StoredData | undefined;
}

export interface StreamFilter {
  readonly type?: UserStreamType;
  readonly category?: string;
  readonly tag?: string;
  readonly visibility?: Visibility;
  /** `active` if absent; `deleted` requires the right to restore. */
  readonly status?: ListName;
}

export interface StreamPage {
  readonly streams: readonly UserStream[];
  /** Cursor of the next page: name of the last stream; undefined on the last page. */
  readonly nextAfter: string | undefined;
}

/** Events per read in the backward search for the last event with data. */
const PAGE_SIZE = 32;

/** Queries on the read model; earlier states are read from the streams. */
export class UserStreamQueries {
  constructor(
    private readonly readModel: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly authorizer: StreamAuthorizer,
    private readonly current: CurrentStreams,
  ) {}

  /** @throws StreamNotFoundError, StreamDeletedError, ConnectionError */
  async state(caller: Caller, key: UserStreamKey): Promise<UserStreamState> {
    const stream = await this.readable(caller, key);
    return { key, revision: stream.revision, data: this.readModel.data(key) };
  }

  /** @throws ValidationError for a revision after the current one; as {@link state} */
  async stateAtRevision(caller: Caller, key: UserStreamKey, revision: bigint): Promise<UserStreamState> {
    const stream = await this.readable(caller, key);
    if (revision > BigInt(stream.revision)) {
      throw new ValidationError(
        `revision must be at most ${stream.revision}, the current one of stream '${stream.name}', got ${revision}`,
        {
          streamName: stream.name,
          details: { currentRevision: stream.revision },
          issues: [{ path: 'revision', problem: `must be at most ${stream.revision}` }],
        },
      );
    }
    return this.#stateAt(key, Number(revision));
  }

  /** @param at milliseconds since 1970 @throws StreamNotFoundError if the stream was created later; as {@link state} */
  async stateAtTime(caller: Caller, key: UserStreamKey, at: number): Promise<UserStreamState> {
    const { name } = await this.readable(caller, key);
    const revision = this.readModel.revisionAt(key, at);
    if (revision === undefined) throw new StreamNotFoundError(name);
    return this.#stateAt(key, revision);
  }

  /** The streams of a user that the caller may read, by type and category. @throws ConnectionError */
  async list(
    caller: Caller,
    userId: string,
    { type, category, tag, visibility, status = 'active' }: StreamFilter,
    limit: number,
    after?: string,
  ): Promise<StreamPage> {
    assertCaughtUp(this.readModel);
    const right = LIST_RIGHT[status];
    const matches = (stream: UserStream): boolean => {
      const key = keyOfStream(stream.name);
      return (
        listOf(stream) === status &&
        (type === undefined || key?.type === type) &&
        (category === undefined || key?.category === category) &&
        (tag === undefined || tagsOf(stream).includes(tag)) &&
        (visibility === undefined || visibilityOf(stream) === visibility)
      );
    };
    const isListed = (stream: UserStream): boolean => matches(stream) && this.authorizer.has(caller, right, stream);
    const found: UserStream[] = [];
    // One more than `limit` shows that there is a next page.
    for (let cursor = this.#cursor(userId, after); found.length <= limit;) {
      const rows = rowsOf(this.#candidates(caller, userId, status, cursor), isListed, limit + 1 - found.length);
      found.push(...(await this.current.findAll(caller, right, rows)).filter(isListed));
      cursor = rows.at(-1)?.key;
      if (!cursor) break;
    }
    const streams = this.authorizer.select(caller, right, found.slice(0, limit));
    return { streams, nextAfter: found.length > limit ? streams.at(-1)?.name : undefined };
  }

  usage(userId: string): Usage {
    return this.readModel.usage(userId);
  }

  /** The stream, if the caller may read it. @throws StreamNotFoundError, StreamDeletedError, ConnectionError */
  async readable(caller: Caller, key: UserStreamKey): Promise<UserStream> {
    assertCaughtUp(this.readModel);
    const name = streamNameOf(key);
    const stream = await this.current.find(caller, 'read', key);
    this.authorizer.assertMay(caller, 'read', { name, permissions: stream?.permissions });
    if (!stream) throw new StreamNotFoundError(name);
    assertNotDeleted(stream);
    return stream;
  }

  async #stateAt(key: UserStreamKey, revision: number): Promise<UserStreamState> {
    let isRestored = false;
    for (let from = revision; from >= 0; from -= PAGE_SIZE) {
      const events = await this.store.readStream(streamNameOf(key), {
        from: BigInt(from),
        direction: 'backwards',
        limit: PAGE_SIZE,
      });
      for (const event of events) {
        isRestored ||= isEvent(event, StreamRestored);
        if (!isRestored && isEvent(event, StreamDeleted)) throw new StreamDeletedError(streamNameOf(key));
        if (isDataEvent(event)) return { key, revision, data: storedDataOf(event) };
      }
      if (events.length < PAGE_SIZE) break;
    }
    return { key, revision, data: undefined };
  }

  #candidates(caller: Caller, userId: string, list: ListName, after: UserStreamKey | undefined): Iterable<UserStream> {
    return overridesUserStreams(caller)
      ? this.readModel.streamsOf(userId, after)
      : this.readModel.listedStreams(userId, list, namesOf(caller), after);
  }

  #cursor(userId: string, after: string | undefined): UserStreamKey | undefined {
    const key = after === undefined ? undefined : keyOfStream(after);
    if (after !== undefined && key?.userId !== userId)
      throw new ValidationError(`after must be the name of a stream of user '${userId}'`, {
        issues: [{ path: 'after', problem: 'must be the nextAfter of the previous page' }],
      });
    return key;
  }
}

interface Row {
  readonly key: UserStreamKey;
  readonly stream: UserStream;
}

function rowsOf(
  candidates: Iterable<UserStream>,
  isListed: (stream: UserStream) => boolean,
  limit: number,
): readonly Row[] {
  const rows: Row[] = [];
  for (const stream of candidates) {
    const key = keyOfStream(stream.name);
    if (!key || !isListed(stream)) continue;
    rows.push({ key, stream });
    if (rows.length === limit) break;
  }
  return rows;
}

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
