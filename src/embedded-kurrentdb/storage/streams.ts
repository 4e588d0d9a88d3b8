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
import { parseEventFrame } from './event-frame.js';
import { IndexPages } from './index-pages.js';
import {
  decodeStreamRow,
  encodeStreamRow,
  positionBytes,
  readUint48,
  revisionKey,
  streamKey,
  type StreamRow,
} from './keys.js';
import { type Tables } from './tables.js';

/** State of a stream and its id in the tables; 0 for a stream without events. */
export interface StreamEntry extends StreamState {
  readonly id: number;
  /** Log position of the tombstone; 0 if there is none. */
  readonly tombstonePosition: number;
  /** The definition of an index stream; undefined for an ordinary stream. */
  readonly index: IndexStream | undefined;
}

/** Entries cached in memory; each takes about 300 bytes. */
const MAX_CACHED_STREAMS = 20_000;

const NEXT_ID_KEY = Buffer.from('nextStreamId');
const NO_STREAM: StreamRow = { id: 0, lastRevision: NO_REVISION, tombstonePosition: 0 };

/** The table of streams with a cache of the most recently used ones. */
export class Streams {
  readonly #cache = new Map<string, StreamEntry>();
  #uncommitted: Map<string, StreamEntry> | undefined;
  readonly #links: IndexPages;

  constructor(private readonly tables: Tables) {
    this.#links = new IndexPages(tables);
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

  /** In a transaction. The last revision of an index stream follows from its pages: only a new one needs a row. */
  setIndexLastRevision(name: string, id: number, lastRevision: number): void {
    const before = this.get(name);
    if (before.id === 0) this.#store(name, { ...before, id, lastRevision: NO_REVISION });
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
    const position = this.tables.revisions.getBinary(revisionKey(id, lastRevision));
    const frame = position && this.tables.events.getBinary(positionBytes(readUint48(position, 0)));
    return frame && parseEventFrame(frame).data.toString('utf8');
  }

  #store(name: string, entry: StreamEntry): void {
    this.tables.streams.putSync(streamKey(name), encodeStreamRow(entry));
    this.#stage(name, entry);
  }

  #stage(name: string, entry: StreamEntry): void {
    if (this.#uncommitted === undefined) throw new Error('streams can only be changed in a transaction');
    this.#uncommitted.set(name, entry);
  }

  #row(name: string): StreamRow {
    const bytes = this.tables.streams.getBinary(streamKey(name));
    return bytes === undefined ? NO_STREAM : decodeStreamRow(bytes);
  }

  #load(name: string): StreamEntry {
    const row = this.#row(name);
    const index = indexStream(name);
    if (index !== undefined) return this.#loadIndex(index, row.id);
    if (isMetadataStream(name)) {
      const { tombstonePosition } = this.#row(originalStreamOf(name));
      return {
        ...row,
        index,
        tombstonePosition: Math.max(row.tombstonePosition, tombstonePosition),
        tombstoned: row.tombstonePosition + tombstonePosition > 0,
        metadata: METADATA_OF_METADATA,
      };
    }
    return { ...row, index, tombstoned: row.tombstonePosition > 0, metadata: this.#metadata(name) };
  }

  #loadIndex(index: IndexStream, id: number): StreamEntry {
    return {
      id,
      index,
      lastRevision: id === 0 ? NO_REVISION : this.#links.lastRevision(id),
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
    return this.tables.state.getBinary(NEXT_ID_KEY)?.readUInt32BE(0) ?? 1;
  }

  #nextId(): number {
    const id = this.endId;
    const next = Buffer.allocUnsafe(4);
    next.writeUInt32BE(id + 1, 0);
    this.tables.state.putSync(NEXT_ID_KEY, next);
    return id;
  }
}
