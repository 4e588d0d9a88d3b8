import { type CheckedTable, DataLossError } from './checked-table.js';
import { gapKey } from './keys.js';

/** Numbers whose bits one row holds. */
const NUMBERS_PER_ROW = 1024;

/** The log itself, whose numbers are positions; the ids of streams begin at 1. */
export const LOG = 0;

/**
 * Which positions of the log, revisions of a stream and pages of an index have no row on purpose, because it was
 * scavenged or an append was empty. Every other row that is missing was lost. One bit each, only for those; an append
 * writes nothing here.
 */
export class Gaps {
  constructor(private readonly table: CheckedTable) {}

  /** In a transaction. */
  add(id: number, number: number): void {
    const key = gapKey(id, Math.floor(number / NUMBERS_PER_ROW));
    const before = this.table.get(key);
    const bit = number % NUMBERS_PER_ROW;
    const bits = Buffer.alloc(Math.max(before?.length ?? 0, (bit >> 3) + 1));
    before?.copy(bits);
    bits.writeUInt8(bits.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
    this.table.put(gapKey(id, Math.floor(number / NUMBERS_PER_ROW)), bits);
  }

  has(id: number, number: number): boolean {
    return this.#firstOutside(id, number, number + 1) === undefined;
  }

  /** @throws DataLossError if a row from `from` until before `to` was lost */
  requireAll(id: number, from: number, to: number, where: string): void {
    const lost = this.#firstOutside(id, from, to);
    if (lost !== undefined) throw new DataLossError(`${where}@${lost}`, 'it is missing');
  }

  #firstOutside(id: number, from: number, to: number): number | undefined {
    let row = -1;
    let bits: Buffer | undefined;
    for (let number = from; number < to; number++) {
      const wanted = Math.floor(number / NUMBERS_PER_ROW);
      if (wanted !== row) {
        row = wanted;
        bits = this.table.get(gapKey(id, row));
      }
      const bit = number % NUMBERS_PER_ROW;
      if (bits === undefined || ((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return number;
    }
    return undefined;
  }
}
