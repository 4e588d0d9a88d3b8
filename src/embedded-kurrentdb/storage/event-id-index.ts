import { type EventId } from './event-id.js';
import { eventIdKey, positionBytes, readUint48, revisionBytes } from './keys.js';
import { STATE } from './table-set.js';
import { type Tables } from './tables.js';

/**
 * Ids buffered in memory before they are flushed to the table; each takes about 100 bytes. At most twice as many are in
 * memory.
 */
const GENERATION_SIZE = 32_768;

/**
 * Ids that a transaction flushes for each id that it adds: more than one, so that a generation is flushed before the
 * next one is full.
 */
const FLUSHED_PER_ADDED = 2;

/** A generation of ids that is being flushed to the table, in key order. */
interface FlushingGeneration {
  readonly revisions: ReadonlyMap<string, number>;
  readonly keys: readonly string[];
  /** The log position up to which the table is complete once all have been flushed. */
  readonly upTo: number;
  flushed: number;
}

/**
 * Index from (stream, event id) to the last revision: makes retried appends idempotent, without a time limit.
 *
 * Ids are random, so writing each one to the table at once would dirty one page per event and cost several times the
 * write of the event itself. Recent ids are therefore buffered in memory (after a crash they are recovered from the
 * log) and flushed in sorted generations, a few with every transaction: many ids per page, and no pause. A lookup
 * checks the buffer first, then the table.
 */
export class EventIdIndex {
  #recent = new Map<string, number>();
  #flushing: FlushingGeneration | undefined;
  /** Ids that the transaction added to {@link #recent}, with the previous value for a rollback. */
  #added: { readonly key: string; readonly before: number | undefined }[] = [];
  #flushedUncommitted = 0;

  constructor(private readonly tables: Tables) {}

  /** Position up to which the log is indexed in the table. */
  get indexedTo(): number {
    return readUint48(this.tables.state.require(STATE.eventIdsIndexedTo), 0);
  }

  lastRevisionOf(streamId: number, id: EventId): number | undefined {
    const key = eventIdKey(streamId, id);
    const cacheKey = key.toString('latin1');
    const cached = this.#recent.get(cacheKey) ?? this.#flushing?.revisions.get(cacheKey);
    if (cached !== undefined) return cached;
    const bytes = this.tables.eventIds.getBinaryFast(key);
    return bytes === undefined ? undefined : readUint48(bytes, 0);
  }

  /** In a transaction, or during recovery at startup. */
  add(streamId: number, id: EventId, revision: number): void {
    const key = eventIdKey(streamId, id).toString('latin1');
    this.#added.push({ key, before: this.#recent.get(key) });
    this.#recent.set(key, revision);
  }

  /**
   * In a transaction: the event was scavenged. An id that is being flushed at the moment stays in the index, which is
   * harmless.
   */
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

  /** At the end of a transaction: flushes a bounded number of ids. */
  flushPartially(): void {
    this.#flushedUncommitted = this.#flush(FLUSHED_PER_ADDED * this.#added.length);
  }

  /** In a transaction: flushes everything, so that the next start recovers nothing from the log. */
  flushAll(endPosition: number): void {
    this.#flush(Number.POSITIVE_INFINITY);
    for (const key of [...this.#recent.keys()].sort())
      this.tables.eventIds.putSync(Buffer.from(key, 'latin1'), revisionBytes(this.#recent.get(key) ?? 0));
    this.tables.state.put(STATE.eventIdsIndexedTo, positionBytes(endPosition - 1));
  }

  /** After the transaction was committed. */
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

  /** After the transaction was aborted. */
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
    if (end === keys.length) this.tables.state.put(STATE.eventIdsIndexedTo, positionBytes(upTo));
    return end - flushed;
  }
}
