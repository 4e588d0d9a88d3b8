import { type Database } from 'lmdb';
import {
  decodeMetadata,
  isSoftDeleted,
  type Position,
  type ReadModel,
  type ReadModelDefinition,
  type ReadModelTables,
  type RecordedEvent,
  USER_STREAM_PREFIX,
} from '../../event-store/index.js';
import {
  type ProcessedRequest,
  type StoredData,
  storedDataOf,
  type UserStreamReadModel,
} from '../application/index.js';
import {
  evolve,
  evolveMetadata,
  foundStream,
  holdsData,
  jsonBytes,
  keyOfStream,
  NO_USAGE,
  type Usage,
  type UserStream,
  type UserStreamKey,
} from '../domain/index.js';

const METADATA_PREFIX = '$$';
/** Others may keep anything under that name: what is too long could not be a key of the table. */
const REQUEST_KEY = /^[0-9a-f]{64}$/;

type StreamRow = [userId: string, type: string, category: string];
/** The beginning of the rows of a user. */
type UserRow = [userId: string];
/** Milliseconds since 1970, and the revision: several events may happen in one millisecond. */
type MomentRow = [userId: string, type: string, category: string, at: number, revision: number];

interface Tables {
  readonly streams: Database<UserStream, StreamRow | UserRow>;
  readonly data: Database<StoredData, StreamRow>;
  readonly moments: Database<true, MomentRow | StreamRow>;
  readonly usage: Database<Usage, string>;
  readonly requests: Database<ProcessedRequest, string>;
}

/** What the read model is made of; `ReadModels.open` takes it. */
export const userStreamsReadModel: ReadModelDefinition = {
  name: 'user-streams',
  version: 1,
  streamNamePrefixes: [USER_STREAM_PREFIX, `${METADATA_PREFIX}${USER_STREAM_PREFIX}`],
  tables: ['streams', 'data', 'moments', 'usage', 'requests'],
  // They count as revisions: a stream that holds one must stay writable.
  includeMalformed: true,
  apply: (tables, events) => {
    const opened = open(tables);
    for (const event of events) apply(opened, event);
  },
};

/** The current state of users' streams, from tables that follow the store. */
export class LmdbUserStreamReadModel implements UserStreamReadModel {
  readonly #tables: Tables;

  constructor(private readonly model: ReadModel) {
    this.#tables = open(model);
  }

  /** Follows the store as soon as it can be reached. */
  start(): void {
    this.model.startWhenReachable();
  }

  /** Resolves when what was under way is kept. */
  stop(): Promise<void> {
    return this.model.stop();
  }

  get isCaughtUp(): boolean {
    return this.model.isCaughtUp;
  }

  stream(key: UserStreamKey): UserStream | undefined {
    const stream = this.#tables.streams.get(rowOf(key));
    return stream && stream.events > 0 ? stream : undefined;
  }

  data(key: UserStreamKey): StoredData | undefined {
    return this.#tables.data.get(rowOf(key));
  }

  *streamsOf(userId: string, after?: UserStreamKey): Iterable<UserStream> {
    const start = after ? rowOf(after) : [userId];
    for (const { key, value } of this.#tables.streams.getRange({
      start: start as StreamRow,
      exclusiveStart: after !== undefined,
    })) {
      if (key[0] !== userId) return;
      if (value.events > 0) yield value;
    }
  }

  usage(userId: string): Usage {
    return this.#tables.usage.get(userId) ?? NO_USAGE;
  }

  processed(requestKey: string): ProcessedRequest | undefined {
    return this.#tables.requests.get(requestKey);
  }

  revisionAt(key: UserStreamKey, at: number): number | undefined {
    const row = rowOf(key);
    for (const found of this.#tables.moments.getKeys({
      start: [...row, at, Number.MAX_SAFE_INTEGER],
      end: row,
      reverse: true,
      limit: 1,
    }))
      return found[4];
    return undefined;
  }

  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    return this.model.waitFor(position, timeoutMs);
  }

  listen(listener: (events: readonly RecordedEvent[]) => void): () => void {
    return this.model.listen(listener);
  }
}

function open(tables: ReadModelTables): Tables {
  return {
    streams: tables.table('streams'),
    data: tables.table('data'),
    moments: tables.table('moments'),
    usage: tables.table('usage'),
    requests: tables.table('requests'),
  };
}

function apply(tables: Tables, event: RecordedEvent): void {
  const isMetadata = event.streamName.startsWith(METADATA_PREFIX);
  const key = keyOfStream(isMetadata ? event.streamName.slice(METADATA_PREFIX.length) : event.streamName);
  if (!key) return;
  if (isMetadata) applyMetadata(tables, key, event);
  else if (event.type === '$streamDeleted') forget(tables, key);
  else applyEvent(tables, key, event);
}

function applyEvent(tables: Tables, key: UserStreamKey, event: RecordedEvent): void {
  const row = rowOf(key);
  const before = tables.streams.get(row);
  const bytes = holdsData(event) ? jsonBytes(event.data.data) : 0;
  const after = evolve(before, event, bytes);
  tables.streams.putSync(row, after);
  if (holdsData(event)) tables.data.putSync(row, storedDataOf(event));
  tables.moments.putSync([...row, after.updatedAt, after.revision], true);
  addUsage(tables, key, { streams: before && before.events > 0 ? 0 : 1, bytes });
  rememberRequest(tables, event);
}

function applyMetadata(tables: Tables, key: UserStreamKey, event: RecordedEvent): void {
  const metadata = decodeMetadata(event.data);
  // KurrentDB's own soft delete, by other tools: nothing can be read of the stream any more.
  if (isSoftDeleted(metadata)) return forget(tables, key);
  const row = rowOf(key);
  const stream =
    tables.streams.get(row) ?? foundStream(event.streamName.slice(METADATA_PREFIX.length), Date.parse(event.timestamp));
  tables.streams.putSync(row, evolveMetadata(stream, metadata, Number(event.revision)));
}

function forget(tables: Tables, key: UserStreamKey): void {
  const row = rowOf(key);
  const stream = tables.streams.get(row);
  if (!stream) return;
  tables.streams.removeSync(row);
  tables.data.removeSync(row);
  const moments = [
    ...tables.moments.getKeys({ start: row, end: [...row, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] }),
  ];
  for (const moment of moments) tables.moments.removeSync(moment);
  addUsage(tables, key, { streams: stream.events > 0 ? -1 : 0, bytes: -stream.bytes });
}

function addUsage({ usage }: Tables, { userId }: UserStreamKey, added: Usage): void {
  const before = usage.get(userId) ?? NO_USAGE;
  usage.putSync(userId, { streams: before.streams + added.streams, bytes: before.bytes + added.bytes });
}

/** Remembers the request that an event belongs to, from its first event to its last. */
function rememberRequest(
  { requests }: Tables,
  { metadata: { requestKey, fingerprint }, streamName, revision, eventId, timestamp }: RecordedEvent,
): void {
  if (typeof requestKey !== 'string' || !REQUEST_KEY.test(requestKey) || typeof fingerprint !== 'string') return;
  const last = Number(revision);
  const first = requests.get(requestKey)?.first ?? last;
  requests.putSync(requestKey, { streamName, fingerprint, first, last, eventId, at: Date.parse(timestamp) });
}

function rowOf({ userId, type, category }: UserStreamKey): StreamRow {
  return [userId, type, category];
}
