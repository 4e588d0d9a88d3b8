import { type EventId } from './event-id.js';
import { eventIdKey, positionBytes, readUint48, revisionBytes } from './keys.js';
import { type Tables } from './tables.js';

/** Ids kept in memory before they go to the table; each takes about 100 bytes. At most twice as many are in memory. */
const GENERATION_SIZE = 32_768;

/** Ids that a transaction moves to the table for each that it adds: more than one, so that a generation is gone before the next is full. */
const FLUSHED_PER_ADDED = 2;

const INDEXED_TO_KEY = Buffer.from('eventIdsIndexedTo');

/** Ids on their way to the table, in the order of its keys. */
interface FlushingGeneration {
  readonly revisions: ReadonlyMap<string, number>;
  readonly keys: readonly string[];
  /** The table is complete up to this position once all have been moved. */
  readonly upTo: number;
  flushed: number;
}

/**
 * Which events a stream holds, by id: what makes retries safe, forever.
 *
 * Ids are random, so that writing each to the table at once would touch a page of its own for every event, which costs several
 * times what the event itself does. So the latest ids are kept in memory (the log has them, too, and they are taken from there when
 * the store is opened after a crash) and go to the table in sorted generations, a few with every transaction: many to a page, and
 * no pause. Nothing is ever forgotten in between: a lookup asks the memory, then the table.
 */
export class EventIdIndex {
  #recent = new Map<string, number>();
  #flushing: FlushingGeneration | undefined;
  /** What the transaction added to {@link #recent}, and what was there before. */
  #added: { readonly key: string; readonly before: number | undefined }[] = [];
  #flushedUncommitted = 0;

  constructor(private readonly tables: Tables) {}

  /** The log from here on is not in the table. */
  get indexedTo(): number {
    const bytes = this.tables.state.getBinary(INDEXED_TO_KEY);
    return bytes === undefined ? 0 : readUint48(bytes, 0);
  }

  lastRevisionOf(streamId: number, id: EventId): number | undefined {
    const key = eventIdKey(streamId, id);
    const cacheKey = key.toString('latin1');
    const cached = this.#recent.get(cacheKey) ?? this.#flushing?.revisions.get(cacheKey);
    if (cached !== undefined) return cached;
    const bytes = this.tables.eventIds.getBinaryFast(key);
    return bytes === undefined ? undefined : readUint48(bytes, 0);
  }

  /** In a transaction, or while the store is opened. */
  add(streamId: number, id: EventId, revision: number): void {
    const key = eventIdKey(streamId, id).toString('latin1');
    this.#added.push({ key, before: this.#recent.get(key) });
    this.#recent.set(key, revision);
  }

  /** In a transaction: the event is gone for good. One that is on its way to the table just now stays known, which does no harm. */
  delete(streamId: number, id: EventId, revision: number): void {
    const key = eventIdKey(streamId, id);
    const bytes = this.tables.eventIds.getBinary(key);
    if (bytes !== undefined && readUint48(bytes, 0) === revision)
      this.tables.eventIds.removeSync(eventIdKey(streamId, id));
    const cacheKey = key.toString('latin1');
    const recent = this.#recent.get(cacheKey);
    if (recent !== revision) return;
    this.#added.push({ key: cacheKey, before: recent });
    this.#recent.delete(cacheKey);
  }

  /** In a transaction, at its end: takes its share of the move. */
  flushPartially(): void {
    this.#flushedUncommitted = this.#flush(FLUSHED_PER_ADDED * this.#added.length);
  }

  /** In a transaction: moves all there is, so that nothing has to be taken from the log at the next start. */
  flushAll(endPosition: number): void {
    this.#flush(Number.POSITIVE_INFINITY);
    for (const key of [...this.#recent.keys()].sort())
      this.tables.eventIds.putSync(Buffer.from(key, 'latin1'), revisionBytes(this.#recent.get(key) ?? 0));
    this.tables.state.putSync(INDEXED_TO_KEY, positionBytes(endPosition - 1));
  }

  /** After the transaction. */
  commit(endPosition: number): void {
    this.#added = [];
    if (this.#flushing !== undefined) {
      this.#flushing.flushed += this.#flushedUncommitted;
      if (this.#flushing.flushed >= this.#flushing.keys.length) this.#flushing = undefined;
    }
    this.#flushedUncommitted = 0;
    if (this.#flushing !== undefined || this.#recent.size < GENERATION_SIZE) return;
    this.#flushing = {
      revisions: this.#recent,
      keys: [...this.#recent.keys()].sort(),
      upTo: endPosition - 1,
      flushed: 0,
    };
    this.#recent = new Map();
  }

  /** The transaction did not happen. */
  rollback(): void {
    for (const { key, before } of this.#added.reverse()) {
      if (before === undefined) this.#recent.delete(key);
      else this.#recent.set(key, before);
    }
    this.#added = [];
    this.#flushedUncommitted = 0;
  }

  #flush(count: number): number {
    if (this.#flushing === undefined) return 0;
    const { keys, revisions, flushed, upTo } = this.#flushing;
    const end = Math.min(keys.length, flushed + count);
    for (let index = flushed; index < end; index++) {
      const key = keys[index] ?? '';
      this.tables.eventIds.putSync(Buffer.from(key, 'latin1'), revisionBytes(revisions.get(key) ?? 0));
    }
    if (end === keys.length) this.tables.state.putSync(INDEXED_TO_KEY, positionBytes(upTo));
    return end - flushed;
  }
}
