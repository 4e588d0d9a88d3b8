import { parseEventFrame, TOMBSTONE_REVISION } from './event-frame.js';
import { EventIdIndex } from './event-id-index.js';
import { positionBytes, readUint48, revisionKey, revisionOfKey } from './keys.js';
import { IndexStreams, indexEventFrame } from './index-streams.js';
import { backfillIndexStreams } from './index-backfill.js';
import { type StreamEntry, Streams } from './streams.js';
import { Tables, type TablesOptions } from './tables.js';

const NEXT_POSITION_KEY = Buffer.from('nextPosition');

/** Position of the first event; 0 is the start of the log. */
const FIRST_POSITION = 1;

export interface EventAt {
  readonly position: number;
  /** A view of memory that the next read overwrites: copy or parse it immediately. */
  readonly frame: Buffer;
}

/**
 * Events by position and by stream. Reads see committed data; within {@link transaction} they also see its own writes.
 *
 * All access is on one thread and a transaction is never interrupted, so no reader sees a partial transaction.
 */
export class LogStore {
  readonly streams: Streams;
  readonly eventIds: EventIdIndex;
  readonly links: IndexStreams;
  #next: number;
  /**
   * Whether the last allocated position has an event: then the end of the log follows from the table, and storing it
   * would only cost each commit a page.
   */
  #endIsImplied = true;

  private constructor(readonly tables: Tables) {
    this.streams = new Streams(tables);
    this.eventIds = new EventIdIndex(tables);
    this.links = new IndexStreams(tables, this.streams);
    this.#next = Math.max(this.#storedEndPosition(), this.#lastPosition() + 1);
    this.#recoverEventIds();
  }

  /** Opens the store. A store of format 1 is upgraded first, which takes some seconds per million events. */
  static open(options: TablesOptions): LogStore {
    const tables = Tables.open(options);
    try {
      const store = new LogStore(tables);
      if (tables.needsIndexBackfill) backfillIndexStreams(store);
      return store;
    } catch (error) {
      void tables.close();
      throw error;
    }
  }

  /** Whether nothing was ever written. */
  get isNew(): boolean {
    return this.#next === FIRST_POSITION;
  }

  /** Position of the next event: the end of the log. */
  get endPosition(): number {
    return this.#next;
  }

  /**
   * Runs the writes in one transaction and makes them durable. If they throw, or the commit fails, nothing is changed.
   * Returns the names of the streams that changed.
   *
   * @throws StorageFullError
   */
  transaction(work: () => void): readonly string[] {
    this.tables.requireRoom();
    const before = this.#next;
    this.streams.begin();
    try {
      this.tables.transaction(() => {
        work();
        this.links.write();
        this.eventIds.flushPartially();
        if (!this.#endIsImplied) this.tables.state.putSync(NEXT_POSITION_KEY, positionBytes(this.#next));
      });
      this.#endIsImplied = true;
      this.eventIds.commit(this.#next);
      return this.streams.commit();
    } catch (error) {
      this.#next = before;
      this.#endIsImplied = true;
      this.streams.rollback();
      this.eventIds.rollback();
      this.links.rollback();
      throw error;
    }
  }

  /** In a transaction: allocates the next position. */
  allocatePosition(): number {
    this.#endIsImplied = false;
    return this.#next++;
  }

  /** In a transaction: stores an event at an allocated position. Without a revision it is only found by position. */
  put(position: number, frame: Buffer, streamId: number, revision: number | undefined): void {
    const key = positionBytes(position);
    this.tables.events.putSync(key, frame);
    this.#endIsImplied = position === this.#next - 1;
    if (revision !== undefined) this.tables.revisions.putSync(revisionKey(streamId, revision), key);
  }

  /** The event at the position; see {@link EventAt.frame}. */
  eventAt(position: number): Buffer | undefined {
    const bytes = this.tables.events.getBinaryFast(positionBytes(position));
    return bytes?.subarray(0, bytes.length); // lmdb's buffer is larger than its length says
  }

  /** Creation time of the last event in milliseconds since 1970; 0 in an empty log. */
  lastCreatedMs(): number {
    const position = this.nearestPosition(this.#next - 1, true);
    const frame = position === undefined ? undefined : this.eventAt(position);
    return frame === undefined ? 0 : parseEventFrame(frame).createdMs;
  }

  positionOf(streamId: number, revision: number): number | undefined {
    const bytes = this.tables.revisions.getBinaryFast(revisionKey(streamId, revision));
    return bytes === undefined ? undefined : readUint48(bytes, 0);
  }

  /** The stream's event of that revision; see {@link EventAt.frame}. */
  eventOf({ id, index }: StreamEntry, revision: number): EventAt | undefined {
    const position = index === undefined ? this.positionOf(id, revision) : this.links.positionAt(id, revision);
    const frame = position === undefined ? undefined : this.eventAt(position);
    if (position === undefined || frame === undefined) return undefined;
    return {
      position,
      frame: index === undefined ? frame : indexEventFrame(id, index, revision, parseEventFrame(frame)),
    };
  }

  /**
   * The nearest position at or after the given one (at or before it, if `backwards`) with an event. Gaps come from
   * empty appends and scavenges.
   */
  nearestPosition(position: number, backwards: boolean): number | undefined {
    const start = positionBytes(Math.max(0, position));
    for (const key of this.tables.events.getKeys({ start, limit: 1, reverse: backwards })) return readUint48(key, 0);
    return undefined;
  }

  /** Like {@link nearestPosition}, for the revisions of a stream. */
  nearestRevision(
    { id, index }: Pick<StreamEntry, 'id' | 'index'>,
    revision: number,
    backwards: boolean,
  ): number | undefined {
    return index === undefined
      ? this.nearestStored(id, revision, backwards)
      : this.links.nearestRevision(id, Math.max(0, revision), backwards);
  }

  /** Like {@link nearestRevision}, for stored events only (not index streams). */
  nearestStored(streamId: number, revision: number, backwards: boolean): number | undefined {
    const start = revisionKey(streamId, Math.max(0, revision));
    for (const key of this.tables.revisions.getKeys({ start, limit: 1, reverse: backwards }))
      return key.readUInt32BE(0) === streamId ? revisionOfKey(key) : undefined;
    return undefined;
  }

  /** In a transaction: removes an event and its index entries. */
  remove(stream: StreamEntry, revision: number): void {
    const position = this.positionOf(stream.id, revision);
    if (position === undefined) return;
    const frame = this.eventAt(position);
    if (frame !== undefined) {
      const event = parseEventFrame(Buffer.from(frame)); // a copy: removing its index entries overwrites the memory
      this.eventIds.delete(stream.id, event.id, revision);
      this.links.delete(event);
    }
    this.tables.events.removeSync(positionBytes(position));
    if (position === this.#next - 1) this.#endIsImplied = false;
    this.tables.revisions.removeSync(revisionKey(stream.id, revision));
  }

  /** The ids of all streams that have ever been written to. */
  *streamIds(): Generator<number> {
    for (let id = 1; id < this.streams.endId; id++) yield id;
  }

  async close(): Promise<void> {
    try {
      this.tables.transaction(() => this.eventIds.flushAll(this.#next));
    } finally {
      await this.tables.close();
    }
  }

  #storedEndPosition(): number {
    const bytes = this.tables.state.getBinary(NEXT_POSITION_KEY);
    return bytes === undefined ? FIRST_POSITION : readUint48(bytes, 0);
  }

  #lastPosition(): number {
    for (const key of this.tables.events.getKeys({ reverse: true, limit: 1 })) return readUint48(key, 0);
    return 0;
  }

  /** Recovers the event ids that were not flushed before a crash from the log. */
  #recoverEventIds(): void {
    for (let position = this.eventIds.indexedTo + 1; position < this.#next; position++) {
      const frame = this.eventAt(position);
      if (frame === undefined) continue;
      const { id, streamName, revision } = parseEventFrame(frame);
      if (revision !== TOMBSTONE_REVISION) this.eventIds.add(this.streams.get(streamName).id, id, revision);
    }
    this.eventIds.commit(this.#next);
  }
}
