import { type EventId } from './event-id.js';
import { eventIdKey, positionBytes, readUint48, revisionBytes } from './keys.js';
import { type Tables } from './tables.js';

/** Ids kept in memory before they go to the table; each takes about 100 bytes. At most twice as many are in memory. */
const GENERATION_SIZE = 32_768;

/** Ids that a transaction moves to the table for each that it adds: more than one, so that a generation is gone before the next is full. */
const MOVED_PER_ADDED = 2;

const INDEXED_TO_KEY = Buffer.from('eventIdsIndexedTo');

/** Ids on their way to the table, in the order of its keys. */
interface MovingGeneration {
  readonly revisions: ReadonlyMap<string, number>;
  readonly keys: readonly string[];
  /** The table is complete up to this position once all have been moved. */
  readonly upTo: number;
  moved: number;
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
  #moving: MovingGeneration | undefined;
  /** What the transaction added to {@link #recent}, and what was there before. */
  #added: { readonly key: string; readonly before: number | undefined }[] = [];
  #movedUncommitted = 0;

  constructor(private readonly tables: Tables) {}

  /** The log from here on is not in the table. */
  get indexedTo(): number {
    const bytes = this.tables.state.getBinary(INDEXED_TO_KEY);
    return bytes === undefined ? 0 : readUint48(bytes, 0);
  }

  lastRevisionOf(streamId: number, id: EventId): number | undefined {
    const key = eventIdKey(streamId, id);
    const word = key.toString('latin1');
    const remembered = this.#recent.get(word) ?? this.#moving?.revisions.get(word);
    if (remembered !== undefined) return remembered;
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
  forget(streamId: number, id: EventId, revision: number): void {
    const key = eventIdKey(streamId, id);
    const bytes = this.tables.eventIds.getBinary(key);
    if (bytes !== undefined && readUint48(bytes, 0) === revision)
      this.tables.eventIds.removeSync(eventIdKey(streamId, id));
    const word = key.toString('latin1');
    const recent = this.#recent.get(word);
    if (recent !== revision) return;
    this.#added.push({ key: word, before: recent });
    this.#recent.delete(word);
  }

  /** In a transaction, at its end: takes its share of the move. */
  flushPartially(): void {
    this.#movedUncommitted = this.#move(MOVED_PER_ADDED * this.#added.length);
  }

  /** In a transaction: moves all there is, so that nothing has to be taken from the log at the next start. */
  moveAll(endPosition: number): void {
    this.#move(Number.POSITIVE_INFINITY);
    for (const key of [...this.#recent.keys()].sort())
      this.tables.eventIds.putSync(Buffer.from(key, 'latin1'), revisionBytes(this.#recent.get(key) ?? 0));
    this.tables.state.putSync(INDEXED_TO_KEY, positionBytes(endPosition - 1));
  }

  /** After the transaction. */
  commit(endPosition: number): void {
    this.#added = [];
    if (this.#moving !== undefined) {
      this.#moving.moved += this.#movedUncommitted;
      if (this.#moving.moved >= this.#moving.keys.length) this.#moving = undefined;
    }
    this.#movedUncommitted = 0;
    if (this.#moving !== undefined || this.#recent.size < GENERATION_SIZE) return;
    this.#moving = { revisions: this.#recent, keys: [...this.#recent.keys()].sort(), upTo: endPosition - 1, moved: 0 };
    this.#recent = new Map();
  }

  /** The transaction did not happen. */
  rollback(): void {
    for (const { key, before } of this.#added.reverse()) {
      if (before === undefined) this.#recent.delete(key);
      else this.#recent.set(key, before);
    }
    this.#added = [];
    this.#movedUncommitted = 0;
  }

  #move(count: number): number {
    if (this.#moving === undefined) return 0;
    const { keys, revisions, moved, upTo } = this.#moving;
    const end = Math.min(keys.length, moved + count);
    for (let index = moved; index < end; index++) {
      const key = keys[index] ?? '';
      this.tables.eventIds.putSync(Buffer.from(key, 'latin1'), revisionBytes(revisions.get(key) ?? 0));
    }
    if (end === keys.length) this.tables.state.putSync(INDEXED_TO_KEY, positionBytes(upTo));
    return end - moved;
  }
}
