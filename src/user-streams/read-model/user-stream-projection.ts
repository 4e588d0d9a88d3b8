import { type Database } from 'lmdb';
import {
  decodeMetadata,
  isClosed,
  isMetadataStream,
  isSoftDeleted,
  originalStreamOf,
  type RecordedEvent,
  RowBuffer,
  type StreamMetadata,
} from '../../event-store/index.js';
import { type ProcessedRequest, type StoredData, storedDataOf } from '../application/index.js';
import {
  EVENT_OVERHEAD_BYTES,
  evolve,
  evolveMetadata,
  initialStream,
  isDataEvent,
  keyOfStream,
  NO_USAGE,
  storedBytesOf,
  type Usage,
  type UserStream,
  type UserStreamKey,
} from '../domain/index.js';
import { type ListedTable, updateListing } from './listing-index.js';
import { rowOf, type StoredStream, type StreamRow, type Tables } from './user-stream-tables.js';

/** Events of other clients may have any value here, but keys of a table are limited in length. */
const REQUEST_KEY = /^[0-9a-f]{64}$/;

/** Tells the streams that began before this service claimed its name spaces. */
export interface Beginnings {
  /** Whether a stream that was not closed before its first event, at `commit`, is this service's. */
  accepts(streamName: string, commit: bigint): boolean;
  reportForeign(streamName: string): void;
}

/** Applies the events of one batch. */
export class UserStreamProjection {
  readonly #streams: RowBuffer<StoredStream, StreamRow>;
  readonly #data: RowBuffer<StoredData, StreamRow>;
  readonly #usage: RowBuffer<Usage, string>;
  readonly #requests: RowBuffer<ProcessedRequest, string>;
  readonly #moments: Tables['moments'];
  readonly #listed: ListedTable;

  constructor(
    { streams, listed, data, moments, usage, requests }: Tables,
    private readonly beginnings: Beginnings,
  ) {
    this.#listed = listed;
    this.#streams = new RowBuffer<StoredStream, StreamRow>(streams as Database<StoredStream, StreamRow>);
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
    if (before?.isForeign === true || this.#isForeign(before, event)) return this.#putForeign(key, before, event);
    const data = isDataEvent(event) ? storedDataOf(event) : undefined;
    // The JSON of the user's data is there already.
    const bytes = data ? Buffer.byteLength(data.json) + EVENT_OVERHEAD_BYTES : storedBytesOf(event);
    this.#putStream(key, before, withoutBeginning(evolve(before, event, bytes)));
    if (data) this.#data.put(row, data);
    if (before && before.events > 0) this.#moments.putSync([...row, before.updatedAt, before.revision], true);
    this.#addUsage(key, { streams: before && before.events > 0 ? 0 : 1, bytes });
    this.#putRequest(event);
  }

  /** Whether an event is the first one of a stream that its writer had not closed to others before. */
  #isForeign(before: StoredStream | undefined, { streamName, position }: RecordedEvent): boolean {
    if (before && (before.events > 0 || before.isClosed === true)) return false;
    return position !== undefined && !this.beginnings.accepts(streamName, position.commit);
  }

  #putForeign(key: UserStreamKey, before: StoredStream | undefined, event: RecordedEvent): void {
    if (before?.isForeign !== true) this.beginnings.reportForeign(event.streamName);
    if (before) this.#addUsage(key, { streams: 0, bytes: -before.bytes });
    this.#putStream(key, before, { ...withoutBeginning(evolve(before, event, 0)), bytes: 0, isForeign: true });
  }

  #applyMetadata(key: UserStreamKey, event: RecordedEvent): void {
    const metadata = decodeMetadata(event.data);
    // Soft delete in KurrentDB itself, by another client: the events can no longer be read.
    if (isSoftDeleted(metadata)) return this.#removeStream(key);
    const row = rowOf(key);
    if (isSetAside(this.#streams.get(row), metadata)) this.#removeStream(key);
    const before = this.#streams.get(row);
    const stream = before ?? initialStream(originalStreamOf(event.streamName), Date.parse(event.timestamp));
    const bytes = isOwn(stream, metadata) ? storedBytesOf(event) : 0;
    const after = evolveMetadata(stream, metadata, Number(event.revision), bytes);
    this.#addUsage(key, { streams: 0, bytes });
    this.#putStream(key, before, stream.events > 0 ? after : { ...after, isClosed: isClosed(metadata.acl) });
  }

  #putStream(key: UserStreamKey, before: StoredStream | undefined, after: StoredStream): void {
    this.#streams.put(rowOf(key), after);
    const listed = (stream: StoredStream | undefined): UserStream | undefined =>
      stream?.isForeign === true ? undefined : stream;
    updateListing(this.#listed, key, listed(before), listed(after));
  }

  #removeStream(key: UserStreamKey): void {
    const row = rowOf(key);
    const stream = this.#streams.get(row);
    if (!stream) return;
    this.#streams.remove(row);
    if (stream.isForeign === true) return;
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

/** Whether metadata hide all events of a stream, and only an administrator can have written them. */
function isSetAside(stream: StoredStream | undefined, { acl, truncateBefore = 0 }: StreamMetadata): boolean {
  return stream !== undefined && stream.events > 0 && truncateBefore > stream.revision && isClosed(acl);
}

/** Whether metadata count in the quota: those of a stream that nobody has begun may be someone else's. */
function isOwn({ events, isForeign }: StoredStream, { acl }: StreamMetadata): boolean {
  return events > 0 ? isForeign !== true : isClosed(acl);
}

function withoutBeginning({ isClosed: _, ...stream }: StoredStream): UserStream {
  return stream;
}
