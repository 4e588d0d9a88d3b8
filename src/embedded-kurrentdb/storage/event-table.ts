import { DataLossError, requireOrder } from './checked-table.js';
import { verifiedFrame, withEventChecksum } from './event-frame.js';
import { positionBytes, readUint48 } from './keys.js';
import { STATE, type TableSet } from './table-set.js';

/** Events by position: frames with their checksums. */
export class EventTable {
  #checksumsFrom: number;

  constructor(private readonly tables: TableSet) {
    this.#checksumsFrom = readUint48(tables.state.require(STATE.checksumsFrom), 0);
  }

  /** A view of memory that the next read overwrites. @throws DataLossError if it is not what was written */
  get(position: number): Buffer | undefined {
    const bytes = this.tables.events.getBinaryFast(positionBytes(position));
    // lmdb's buffer is larger than its length says
    return bytes && verifiedFrame(bytes.subarray(0, bytes.length), position, this.#checksumsFrom);
  }

  /** In a transaction. @param stored see {@link import('./event-frame.js').encodeStoredEvent} */
  put(position: number, stored: Buffer): void {
    this.tables.events.putSync(positionBytes(position), stored);
  }

  /** In a transaction. */
  remove(position: number): void {
    this.tables.events.removeSync(positionBytes(position));
  }

  /**
   * The nearest position at or after the given one (at or before it, if `backwards`) that has a row.
   *
   * @throws DataLossError if {@link get} does not find that
   */
  nearest(position: number, backwards: boolean): number | undefined {
    const start = positionBytes(Math.max(0, position));
    for (const key of this.tables.events.getKeys({ start, limit: 1, reverse: backwards })) {
      const found = readUint48(key, 0);
      requireOrder('$all', position, found, backwards);
      if (!this.tables.events.doesExist(positionBytes(found)))
        throw new DataLossError(`$all@${found}`, 'rows are out of order');
      return found;
    }
    return undefined;
  }

  /** Position of the last row; 0 if there is none. */
  get last(): number {
    return lastPositionIn(this.tables);
  }

  /**
   * In a transaction: gives the events of earlier formats from a position on their checksums. Returns where to
   * continue.
   */
  addChecksums(from: number, limit: number): number | undefined {
    const { events, state } = this.tables;
    const [start, end] = [from, this.#checksumsFrom].map((position) => Buffer.from(positionBytes(position)));
    const range = { limit, ...(start && { start }), ...(end && { end }) };
    const rows = [...events.getRange(range)];
    for (const { key, value } of rows) {
      const position = readUint48(key, 0);
      const frame = verifiedFrame(value, position, this.#checksumsFrom);
      if (frame.length === value.length) this.put(position, withEventChecksum(frame, position));
    }
    const last = rows.at(-1);
    if (last !== undefined) return readUint48(last.key, 0) + 1;
    state.put(STATE.checksumsFrom, positionBytes(1));
    this.#checksumsFrom = 1;
    return undefined;
  }
}

/** Position of the last row of the table of events, whatever it holds; 0 if there is none. */
export function lastPositionIn({ events }: Pick<TableSet, 'events'>): number {
  for (const key of events.getKeys({ reverse: true, limit: 1 })) return readUint48(key, 0);
  return 0;
}
