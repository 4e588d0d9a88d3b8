import { type Database } from 'lmdb';
import { crc32 } from 'node:zlib';

export type Table = Database<Buffer, Buffer>;

/** Stored data are not what was written. Never retried, never answered with something else. */
export class DataLossError extends Error {
  override readonly name = 'DataLossError';

  constructor(where: string, problem: string) {
    super(`${where}: the stored data are damaged (${problem})`);
  }
}

/**
 * A damaged key is out of order, so that LMDB finds another row. A search that continued after that row would not end.
 *
 * @throws DataLossError if the row at or after `wanted` (at or before it, if `backwards`) is on the other side
 */
export function requireOrder(where: string, wanted: number, found: number, backwards: boolean): void {
  if (backwards ? found > wanted : found < wanted)
    throw new DataLossError(`${where}@${wanted}`, 'rows are out of order');
}

export const CHECKSUM_BYTES = 4;

/**
 * Table whose values end with a CRC-32 over the key and the value: LMDB detects neither a changed value nor a value
 * under a changed key.
 */
export class CheckedTable {
  constructor(
    readonly raw: Table,
    private readonly name: string,
  ) {}

  /** A view of memory that the next read overwrites. @throws DataLossError if it is not what was written */
  get(key: Buffer): Buffer | undefined {
    const stored = this.raw.getBinaryFast(key);
    return stored && this.#checked(key, stored.subarray(0, stored.length)); // lmdb's buffer is larger than its length
  }

  /** Like {@link get}, for a row that always exists. */
  require(key: Buffer): Buffer {
    const value = this.get(key);
    if (value === undefined) throw this.damage(key, 'a row is missing');
    return value;
  }

  put(key: Buffer, value: Buffer): void {
    const stored = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES);
    stored.set(value);
    stored.writeUInt32BE(crc32(value, crc32(key)), value.length);
    this.raw.putSync(key, stored);
  }

  remove(key: Buffer): void {
    this.raw.removeSync(key);
  }

  *values(): Generator<Buffer> {
    for (const { key, value } of this.raw.getRange({ snapshot: false })) yield this.#checked(key, value);
  }

  damage(key: Buffer, problem: string): DataLossError {
    return new DataLossError(`table ${this.name}, row ${key.toString('hex')}`, problem);
  }

  #checked(key: Buffer, stored: Buffer): Buffer {
    const length = stored.length - CHECKSUM_BYTES;
    if (length < 0) throw this.damage(key, 'a row is too short');
    const value = stored.subarray(0, length);
    if (crc32(value, crc32(key)) !== stored.readUInt32BE(length)) throw this.damage(key, 'wrong checksum');
    return value;
  }
}
