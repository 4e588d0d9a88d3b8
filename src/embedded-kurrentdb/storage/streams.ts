import { crc32 } from 'node:zlib';
import {
  indexStream,
  type IndexStream,
  isMetadataStream,
  METADATA_OF_METADATA,
  metadataStreamOf,
  NO_METADATA,
  NO_REVISION,
  parseSystemMetadata,
  originalStreamOf,
  type SystemMetadata,
  type StreamState,
} from '../log/index.js';
import { DataLossError } from './checked-table.js';
import { isEventOf, parseEventFrame } from './event-frame.js';
import { type EventTable } from './event-table.js';
import { type Gaps } from './gaps.js';
import { firstOfPage, IndexPages } from './index-pages.js';
import { decodeStreamRow, encodeStreamRow, readUint48, revisionKey, streamKey, type StreamRow } from './keys.js';
import { STATE } from './table-set.js';
import { type Tables } from './tables.js';

/** State of a stream and its id in the tables; 0 for a stream without events. */
export interface StreamEntry extends StreamState {
  readonly id: number;
  /** The name in UTF-8. */
  readonly name: Buffer;
  /** Log position of the tombstone; 0 if there is none. */
  readonly tombstonePosition: number;
  /** The definition of an index stream; undefined for an ordinary stream. */
  readonly index: IndexStream | undefined;
}

/** Entries cached in memory; each takes about 300 bytes. */
const MAX_CACHED_STREAMS = 20_000;

const NO_STREAM: StreamRow = { id: 0, lastRevision: NO_REVISION, tombstonePosition: 0, previous: 0 };

/** The table of streams with a cache of the most recently used ones. */
export class Streams {
  readonly #cache = new Map<string, StreamEntry>();
  #uncommitted: Map<string, StreamEntry> | undefined;
  readonly #links: IndexPages;

  constructor(
    private readonly tables: Tables,
    private readonly events: EventTable,
    gaps: Gaps,
  ) {
    this.#links = new IndexPages(tables.links, gaps);
  }

  /** Within a transaction, its own writes are visible. */
  get(name: string): StreamEntry {
    const cached = this.#uncommitted?.get(name) ?? this.#cache.get(name);
    if (cached !== undefined) return cached;
    const entry = this.#load(name);
    this.#addToCache(name, entry);
    return entry;
  }

  begin(): void {
    this.#uncommitted = new Map();
  }

  /** Returns the names of the streams that the transaction changed. */
  commit(): string[] {
    const written = this.#uncommitted ?? new Map<string, StreamEntry>();
    this.#uncommitted = undefined;
    for (const [name, entry] of written) this.#addToCache(name, entry);
    return [...written.keys()];
  }

  /** Clears the cache: entries that were loaded meanwhile may come from the aborted transaction. */
  rollback(): void {
    this.#uncommitted = undefined;
    this.#cache.clear();
  }

  /** In a transaction: the id of the stream, allocated on its first write. */
  getOrCreateId(name: string): number {
    const { id } = this.get(name);
    return id === 0 ? this.#nextId() : id;
  }

  setLastRevision(name: string, id: number, lastRevision: number): void {
    const before = this.get(name);
    this.#store(name, { ...before, id, lastRevision });
  }

  /** In a transaction. The last revision of an index stream follows from its last page, to which its row refers. */
  setIndexLastRevision(name: string, id: number, lastRevision: number): void {
    const before = this.get(name);
    const known = firstOfPage(lastRevision);
    if (firstOfPage(before.lastRevision) !== known) this.#store(name, { ...before, id, lastRevision: known });
    this.#stage(name, { ...before, id, lastRevision });
  }

  /** In a transaction: tombstones the stream and its metadata stream. */
  tombstone(name: string, id: number, tombstonePosition: number): void {
    this.#store(name, { ...this.get(name), id, tombstonePosition, tombstoned: true });
    const metadataStream = metadataStreamOf(name);
    this.#stage(metadataStream, { ...this.get(metadataStream), tombstonePosition, tombstoned: true });
  }

  /** In a transaction: applies metadata that was written to the metadata stream. */
  setMetadata(name: string, metadata: SystemMetadata): void {
    if (!isMetadataStream(name)) this.#stage(name, { ...this.get(name), metadata });
  }

  /** The last metadata document of the stream; undefined if there is none. */
  metadataDocument(name: string): string | undefined {
    const { id, lastRevision } = this.#row(metadataStreamOf(name));
    if (lastRevision === NO_REVISION) return undefined;
    return parseEventFrame(this.#readEvent(metadataStreamOf(name), id, lastRevision)).data.toString('utf8');
  }

  /** The event of a stream that has it. @throws DataLossError if it is missing or another one */
  #readEvent(streamName: string, id: number, revision: number): Buffer {
    const row = this.tables.revisions.getBinary(revisionKey(id, revision));
    const position = row === undefined ? 0 : readUint48(row, 0);
    const frame = this.events.get(position);
    if (frame === undefined || !isEventOf(frame, Buffer.from(streamName), revision))
      throw new DataLossError(`${streamName}@${revision}`, 'it is missing');
    return frame;
  }

  #store(name: string, entry: StreamEntry): void {
    const key = streamKey(name);
    const stored = this.tables.streams.get(key);
    const previous = stored === undefined ? this.#insert(key) : decodeStreamRow(stored).previous;
    this.tables.streams.put(key, encodeStreamRow({ ...entry, previous }));
    this.#stage(name, entry);
  }

  #stage(name: string, entry: StreamEntry): void {
    if (this.#uncommitted === undefined) throw new Error('streams can only be changed in a transaction');
    this.#uncommitted.set(name, entry);
  }

  #row(name: string): StreamRow {
    const key = streamKey(name);
    const bytes = this.tables.streams.get(key);
    if (bytes !== undefined) return decodeStreamRow(bytes);
    this.#rowAfter(key);
    return NO_STREAM;
  }

  /** Makes the row after a new one refer to it. Returns the reference of the new row. */
  #insert(key: Buffer): number {
    const next = this.#rowAfter(key);
    this.tables.streams.put(next.key, encodeStreamRow({ ...next.row, previous: crc32(key) }));
    return next.row.previous;
  }

  /**
   * The row after the place of a row that does not exist.
   *
   * @throws DataLossError if a row in between was lost
   */
  #rowAfter(key: Buffer): { readonly key: Buffer; readonly row: StreamRow } {
    const { streams } = this.tables;
    const [previousKey] = [...streams.raw.getKeys({ start: key, reverse: true, limit: 1 })];
    const [nextKey] = [...streams.raw.getKeys({ start: key, limit: 1 })];
    if (nextKey === undefined) throw streams.damage(key, 'the rows after it are missing');
    const row = decodeStreamRow(streams.require(nextKey));
    if (nextKey.equals(key) || row.previous !== (previousKey === undefined ? 0 : crc32(previousKey)))
      throw streams.damage(nextKey, 'the row before it is missing');
    return { key: nextKey, row };
  }

  #load(name: string): StreamEntry {
    const row = this.#row(name);
    const index = indexStream(name);
    if (index !== undefined) return this.#loadIndex(index, row);
    if (isMetadataStream(name)) {
      const { tombstonePosition } = this.#row(originalStreamOf(name));
      return {
        ...row,
        name: Buffer.from(name),
        index,
        tombstonePosition: Math.max(row.tombstonePosition, tombstonePosition),
        tombstoned: row.tombstonePosition + tombstonePosition > 0,
        metadata: METADATA_OF_METADATA,
      };
    }
    return {
      ...row,
      name: Buffer.from(name),
      index,
      tombstoned: row.tombstonePosition > 0,
      metadata: this.#metadata(name),
    };
  }

  #loadIndex(index: IndexStream, { id, lastRevision }: StreamRow): StreamEntry {
    return {
      id,
      name: Buffer.from(index.name),
      index,
      lastRevision: lastRevision === NO_REVISION ? NO_REVISION : this.#links.lastRevision(id, lastRevision),
      tombstonePosition: 0,
      tombstoned: false,
      metadata: this.#metadata(index.name),
    };
  }

  #metadata(name: string): SystemMetadata {
    const document = this.metadataDocument(name);
    return document === undefined ? NO_METADATA : parseSystemMetadata(document);
  }

  #addToCache(name: string, entry: StreamEntry): void {
    this.#cache.delete(name);
    this.#cache.set(name, entry);
    if (this.#cache.size <= MAX_CACHED_STREAMS) return;
    const oldest = this.#cache.keys().next();
    if (oldest.done !== true) this.#cache.delete(oldest.value);
  }

  /** The id that the next new stream will get. */
  get endId(): number {
    return this.tables.state.require(STATE.nextStreamId).readUInt32BE(0);
  }

  #nextId(): number {
    const id = this.endId;
    const next = Buffer.allocUnsafe(4);
    next.writeUInt32BE(id + 1, 0);
    this.tables.state.put(STATE.nextStreamId, next);
    return id;
  }
}
