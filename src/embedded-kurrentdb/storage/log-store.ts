import { DataLossError, requireOrder } from './checked-table.js';
import { isEventOf, type ParsedEvent, parseEventFrame, TOMBSTONE_REVISION, withEventChecksum } from './event-frame.js';
import { Gaps, LOG } from './gaps.js';
import { type EventId, eventIdsEqual } from './event-id.js';
import { EventIdIndex } from './event-id-index.js';
import { EventTable } from './event-table.js';
import { positionBytes, readUint48, revisionKey, revisionOfKey } from './keys.js';
import { IndexStreams, indexEventFrame } from './index-streams.js';
import { backfillIndexStreams } from './index-backfill.js';
import { type StreamEntry, Streams } from './streams.js';
import { FIRST_POSITION, STATE } from './table-set.js';
import { Tables, type TablesOptions } from './tables.js';

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
  readonly events: EventTable;
  readonly #gaps: Gaps;
  #next: number;
  /**
   * Whether the last allocated position has an event: then the end of the log follows from the table, and storing it
   * would only cost each commit a page.
   */
  #endIsImplied = true;

  private constructor(readonly tables: Tables) {
    this.#gaps = new Gaps(tables.gaps);
    this.events = new EventTable(tables);
    this.streams = new Streams(tables, this.events, this.#gaps);
    this.eventIds = new EventIdIndex(tables);
    this.links = new IndexStreams(tables, this.#gaps, this.streams);
    this.#next = this.#endOfLog();
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
    const before = this.#next;
    this.streams.begin();
    try {
      this.tables.append(() => {
        work();
        this.links.write();
        this.eventIds.flushPartially();
        if (!this.#endIsImplied) this.tables.state.put(STATE.nextPosition, positionBytes(this.#next));
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

  /** In a transaction: allocates a position that stays without an event. */
  allocateEmptyPosition(): number {
    const position = this.allocatePosition();
    this.#gaps.add(LOG, position);
    return position;
  }

  /**
   * In a transaction: stores an event at an allocated position. Without a revision it is only found by position.
   *
   * @param stored see {@link import('./event-frame.js').encodeStoredEvent}
   */
  put(position: number, stored: Buffer, streamId: number, revision: number | undefined): void {
    this.events.put(position, stored);
    this.#endIsImplied = position === this.#next - 1;
    if (revision !== undefined) this.tables.revisions.putSync(revisionKey(streamId, revision), positionBytes(position));
  }

  /** In a transaction of a salvage: stores an event where it was; what is missing before it is noted as a gap. */
  restore(event: ParsedEvent, frame: Buffer): void {
    const { streamName, revision, position } = event;
    this.skipTo(position);
    this.#next = position + 1;
    const id = this.streams.getOrCreateId(streamName);
    const isTombstone = revision === TOMBSTONE_REVISION;
    this.put(position, withEventChecksum(frame, position), id, isTombstone ? undefined : revision);
    this.links.add(streamName, position, event);
    if (isTombstone) {
      this.streams.tombstone(streamName, id, position);
      return;
    }
    for (let missing = this.streams.get(streamName).lastRevision + 1; missing < revision; missing++)
      this.#gaps.add(id, missing);
    this.eventIds.add(id, event.id, revision);
    this.streams.setLastRevision(streamName, id, revision);
  }

  /** In a transaction of a salvage: the log continues at a position. */
  skipTo(position: number): void {
    while (this.#next < position) this.allocateEmptyPosition();
  }

  /** The event at the position; see {@link EventAt.frame}. @throws DataLossError if it is not what was written */
  eventAt(position: number): Buffer | undefined {
    return this.events.get(position);
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

  /**
   * The stream's event of that revision, undefined if it was scavenged or does not exist; see {@link EventAt.frame}.
   *
   * @throws DataLossError if there is something else instead of it
   */
  eventOf(stream: StreamEntry, revision: number): EventAt | undefined {
    const { id, index, name } = stream;
    if (revision < 0 || revision > stream.lastRevision) return undefined;
    const position = index === undefined ? this.positionOf(id, revision) : this.links.positionAt(id, revision);
    if (position === undefined) {
      if (index === undefined) this.#requireScavenged(stream, revision, revision + 1);
      return undefined;
    }
    const frame = this.eventAt(position);
    if (frame === undefined) throw new DataLossError(`${name.toString()}@${revision}`, 'the event is missing');
    if (index !== undefined) return { position, frame: indexEventFrame(id, index, revision, parseEventFrame(frame)) };
    if (!isEventOf(frame, name, revision))
      throw new DataLossError(`${name.toString()}@${revision}`, 'there is another event instead of it');
    return { position, frame };
  }

  /**
   * The last revision of the stream with this event id, also if the event was scavenged.
   *
   * @throws DataLossError if the index of ids refers to another event
   */
  lastRevisionOf(stream: StreamEntry, id: EventId): number | undefined {
    const revision = this.eventIds.lastRevisionOf(stream.id, id);
    if (revision === undefined) return undefined;
    const found = this.eventOf(stream, revision);
    const isOther = found !== undefined && !eventIdsEqual(parseEventFrame(found.frame).id, id);
    if (isOther || revision > stream.lastRevision)
      throw new DataLossError(`${stream.name.toString()}@${revision}`, 'the index of ids refers to another event');
    return revision;
  }

  /**
   * The nearest position at or after the given one (at or before it, if `backwards`) with an event. Gaps come from
   * empty appends and scavenges.
   *
   * @throws DataLossError if an event in between was lost
   */
  nearestPosition(position: number, backwards: boolean): number | undefined {
    const last = Math.min(position, this.#next - 1);
    const found = this.events.nearest(position, backwards);
    if (backwards) this.#gaps.requireAll(LOG, (found ?? 0) + 1, last + 1, '$all');
    else this.#gaps.requireAll(LOG, Math.max(1, position), found ?? this.#next, '$all');
    return found;
  }

  /** Like {@link nearestPosition}, for the revisions of a stream. */
  nearestRevision(stream: StreamEntry, revision: number, backwards: boolean): number | undefined {
    const { id, index, lastRevision } = stream;
    if (index !== undefined) return this.links.nearestRevision(id, Math.max(0, revision), backwards);
    const found = this.nearestStored(id, revision, backwards);
    if (backwards) this.#requireScavenged(stream, (found ?? -1) + 1, Math.min(revision, lastRevision) + 1);
    else this.#requireScavenged(stream, Math.max(0, revision), found ?? lastRevision + 1);
    return found;
  }

  #requireScavenged({ id, name }: StreamEntry, from: number, to: number): void {
    this.#gaps.requireAll(id, from, to, name.toString());
  }

  /** Like {@link nearestRevision}, for stored events only (not index streams). */
  nearestStored(streamId: number, revision: number, backwards: boolean): number | undefined {
    const start = revisionKey(streamId, Math.max(0, revision));
    for (const key of this.tables.revisions.getKeys({ start, limit: 1, reverse: backwards }))
      if (key.readUInt32BE(0) === streamId) {
        requireOrder(`stream ${streamId}`, revision, revisionOfKey(key), backwards);
        return revisionOfKey(key);
      }
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
    this.events.remove(position);
    this.#gaps.add(LOG, position);
    this.#gaps.add(stream.id, revision);
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

  /** @throws DataLossError if the last events were lost since the store was closed */
  #endOfLog(): number {
    const stored = readUint48(this.tables.state.require(STATE.nextPosition), 0);
    const { last } = this.events;
    if (last > 0) this.eventAt(last);
    this.#gaps.requireAll(LOG, last + 1, Math.max(stored, this.eventIds.indexedTo + 1), '$all');
    return Math.max(stored, last + 1);
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
