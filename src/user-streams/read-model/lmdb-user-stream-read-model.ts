import { type Database } from 'lmdb';
import {
  decodeMetadata,
  type Freshness,
  isMetadataStream,
  isSoftDeleted,
  METADATA_PREFIX,
  originalStreamOf,
  type Position,
  type ReadModel,
  type ReadModelDefinition,
  type ReadModelTables,
  type RecordedEvent,
  RowBuffer,
  USER_STREAM_PREFIX,
} from '../../event-store/index.js';
import {
  type ProcessedRequest,
  type StoredData,
  storedDataOf,
  type UserStreamListener,
  type UserStreamReadModel,
} from '../application/index.js';
import {
  type AccessChange,
  EVENT_OVERHEAD_BYTES,
  evolve,
  evolveMetadata,
  initialStream,
  isDataEvent,
  keyOfStream,
  type ListName,
  NO_USAGE,
  storedBytesOf,
  type Usage,
  type UserStream,
  type UserStreamKey,
} from '../domain/index.js';
import { AccessOverlay } from './access-overlay.js';
import { compareKeys, type ListedTable, listedKeys, updateListing } from './listing-index.js';
import { mergeSorted } from './merge-sorted.js';

/** Events of other clients may have any value here, but keys of a table are limited in length. */
const REQUEST_KEY = /^[0-9a-f]{64}$/;

type StreamRow = [userId: string, type: string, category: string];
/** Key prefix of the rows of a user. */
type UserRow = [userId: string];
/**
 * Time of an event that is not the last of its stream: that one is in the row of the stream. `at`: milliseconds since
 * 1970; `revision`: several events may have the same time.
 */
type MomentRow = [userId: string, type: string, category: string, at: number, revision: number];

interface Tables {
  readonly streams: Database<UserStream, StreamRow | UserRow>;
  readonly listed: ListedTable;
  readonly data: Database<StoredData, StreamRow>;
  readonly moments: Database<true, MomentRow | StreamRow>;
  readonly usage: Database<Usage, string>;
  readonly requests: Database<ProcessedRequest, string>;
}

export const userStreamsReadModel: ReadModelDefinition = {
  name: 'user-streams',
  version: 3,
  streamNamePrefixes: [USER_STREAM_PREFIX, `${METADATA_PREFIX}${USER_STREAM_PREFIX}`],
  tables: ['streams', 'listed', 'data', 'moments', 'usage', 'requests'],
  // They count as revisions: a stream with a malformed event must stay writable.
  includeMalformed: true,
  apply: (tables, events) => new UserStreamProjection(open(tables)).apply(events),
};

/** {@link UserStreamReadModel} in LMDB tables. */
export class LmdbUserStreamReadModel implements UserStreamReadModel {
  readonly #tables: Tables;
  readonly #overlay = new AccessOverlay();
  readonly #listeners = new Set<UserStreamListener>();

  constructor(
    private readonly model: ReadModel,
    private readonly freshness: Pick<Freshness, 'isFresh'>,
  ) {
    this.#tables = open(model);
    model.listen({
      onCleared: () => this.#overlay.clear(),
      onEvents: (events) => {
        this.#overlay.dropApplied(events);
        if (this.#listeners.size > 0)
          this.#notify(new Set(events.map(({ streamName }) => originalStreamOf(streamName))));
      },
    });
  }

  get isCaughtUp(): boolean {
    return this.model.isCaughtUp;
  }

  get isFresh(): boolean {
    return this.freshness.isFresh;
  }

  get interruption(): Error | undefined {
    return this.model.interruption;
  }

  stream(key: UserStreamKey): UserStream | undefined {
    const stream = this.#tables.streams.get(rowOf(key));
    return stream && stream.events > 0 ? this.#overlay.applyTo(stream) : undefined;
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
      if (value.events > 0) yield this.#overlay.applyTo(value);
    }
  }

  *listedStreams(
    userId: string,
    list: ListName,
    grantees: readonly string[],
    after?: UserStreamKey,
  ): Iterable<UserStream> {
    const listed = listedKeys(this.#tables.listed, userId, list, grantees, after);
    for (const key of mergeSorted([this.#changedKeys(userId, after), listed], compareKeys)) {
      const stream = this.stream(key);
      if (stream) yield stream;
    }
  }

  /** Streams of a user whose changes of access the index does not have yet. */
  #changedKeys(userId: string, after: UserStreamKey | undefined): readonly UserStreamKey[] {
    return [...this.#overlay.names()]
      .flatMap((name) => keyOfStream(name) ?? [])
      .filter((key) => key.userId === userId && (!after || compareKeys(key, after) > 0))
      .sort(compareKeys);
  }

  usage(userId: string): Usage {
    return this.#tables.usage.get(userId) ?? NO_USAGE;
  }

  processed(requestKey: string): ProcessedRequest | undefined {
    return this.#tables.requests.get(requestKey);
  }

  revisionAt(key: UserStreamKey, at: number): number | undefined {
    const row = rowOf(key);
    const stream = this.#tables.streams.get(row);
    if (stream && stream.events > 0 && stream.updatedAt <= at)
      return this.#overlay.revisionAt(stream, at) ?? stream.revision;
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

  applyAhead(streamName: string, change: AccessChange): void {
    const key = keyOfStream(streamName);
    this.#overlay.put(streamName, change, key && this.#tables.streams.get(rowOf(key)));
    this.#notify(new Set([streamName]));
  }

  listen(listener: UserStreamListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #notify(streamNames: ReadonlySet<string>): void {
    for (const listener of this.#listeners) listener(streamNames);
  }
}

function open(tables: ReadModelTables): Tables {
  return {
    streams: tables.table('streams'),
    listed: tables.table('listed'),
    data: tables.table('data'),
    moments: tables.table('moments'),
    usage: tables.table('usage'),
    requests: tables.table('requests'),
  };
}

/** Applies the events of one batch. */
class UserStreamProjection {
  readonly #streams: RowBuffer<UserStream, StreamRow>;
  readonly #data: RowBuffer<StoredData, StreamRow>;
  readonly #usage: RowBuffer<Usage, string>;
  readonly #requests: RowBuffer<ProcessedRequest, string>;
  readonly #moments: Tables['moments'];
  readonly #listed: ListedTable;

  constructor({ streams, listed, data, moments, usage, requests }: Tables) {
    this.#listed = listed;
    this.#streams = new RowBuffer<UserStream, StreamRow>(streams as Database<UserStream, StreamRow>);
    this.#data = new RowBuffer(data);
    this.#usage = new RowBuffer(usage);
    this.#requests = new RowBuffer(requests);
    this.#moments = moments;
  }

  apply(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const key = keyOfStream(originalStreamOf(event.streamName));
      if (!key) continue;
      if (isMetadataStream(event.streamName)) this.#applyMetadata(key, event);
      else if (event.type === '$streamDeleted') this.#removeStream(key);
      else this.#applyEvent(key, event);
    }
    for (const buffer of [this.#streams, this.#data, this.#usage, this.#requests]) buffer.flush();
  }

  #applyEvent(key: UserStreamKey, event: RecordedEvent): void {
    const row = rowOf(key);
    const before = this.#streams.get(row);
    const data = isDataEvent(event) ? storedDataOf(event) : undefined;
    // The JSON of the user's data is there already.
    const bytes = data ? Buffer.byteLength(data.json) + EVENT_OVERHEAD_BYTES : storedBytesOf(event);
    const after = evolve(before, event, bytes);
    this.#putStream(key, before, after);
    if (data) this.#data.put(row, data);
    if (before && before.events > 0) this.#moments.putSync([...row, before.updatedAt, before.revision], true);
    this.#addUsage(key, { streams: before && before.events > 0 ? 0 : 1, bytes });
    this.#putRequest(event);
  }

  #applyMetadata(key: UserStreamKey, event: RecordedEvent): void {
    const metadata = decodeMetadata(event.data);
    // Soft delete in KurrentDB itself, by another client: the events can no longer be read.
    if (isSoftDeleted(metadata)) return this.#removeStream(key);
    const before = this.#streams.get(rowOf(key));
    const stream = before ?? initialStream(originalStreamOf(event.streamName), Date.parse(event.timestamp));
    const bytes = storedBytesOf(event);
    this.#putStream(key, before, evolveMetadata(stream, metadata, Number(event.revision), bytes));
    this.#addUsage(key, { streams: 0, bytes });
  }

  #putStream(key: UserStreamKey, before: UserStream | undefined, after: UserStream): void {
    this.#streams.put(rowOf(key), after);
    updateListing(this.#listed, key, before, after);
  }

  #removeStream(key: UserStreamKey): void {
    const row = rowOf(key);
    const stream = this.#streams.get(row);
    if (!stream) return;
    this.#streams.remove(row);
    updateListing(this.#listed, key, stream, undefined);
    this.#data.remove(row);
    const moments = [
      ...this.#moments.getKeys({ start: row, end: [...row, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] }),
    ];
    for (const moment of moments) this.#moments.removeSync(moment);
    this.#addUsage(key, { streams: stream.events > 0 ? -1 : 0, bytes: -stream.bytes });
  }

  #addUsage({ userId }: UserStreamKey, added: Usage): void {
    const before = this.#usage.get(userId) ?? NO_USAGE;
    this.#usage.put(userId, { streams: before.streams + added.streams, bytes: before.bytes + added.bytes });
  }

  /** Stores the request of an event, with the revisions of its first and its last event. */
  #putRequest({
    metadata: { requestKey, fingerprint },
    streamName,
    revision,
    eventId,
    timestamp,
  }: RecordedEvent): void {
    if (typeof requestKey !== 'string' || !REQUEST_KEY.test(requestKey) || typeof fingerprint !== 'string') return;
    const last = Number(revision);
    const first = this.#requests.get(requestKey)?.first ?? last;
    this.#requests.put(requestKey, { streamName, fingerprint, first, last, eventId, at: Date.parse(timestamp) });
  }
}

function rowOf({ userId, type, category }: UserStreamKey): StreamRow {
  return [userId, type, category];
}
