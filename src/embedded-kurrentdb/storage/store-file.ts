import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { META, NO_PAGE, PAGE_HEADER_BYTES } from '../../common/lmdb/file-format.js';
import { DamagedPageError } from '../../common/lmdb/page-check.js';
import { DataLossError } from './checked-table.js';

/** The store cannot be used. The message says why and what to do. */
export class UnusableStoreError extends Error {
  override readonly name: string = 'UnusableStoreError';
}

/** Its file is damaged, or not of a store. */
export class DamagedFileError extends UnusableStoreError {
  override readonly name = 'DamagedFileError';
}

/** Errors of LMDB that only a damaged file causes. */
const DAMAGED_PAGES = /\bMDB_(?:BAD_TXN|CORRUPTED|INVALID|PAGE_NOTFOUND|PANIC)\b/;

/** Whether a store cannot be used because it is damaged. */
export const isDamage = (error: unknown): boolean =>
  error instanceof DataLossError ||
  error instanceof DamagedFileError ||
  error instanceof DamagedPageError ||
  (error instanceof Error && DAMAGED_PAGES.test(error.message));

/** Content of the format file; the number changes with the layout of the tables. */
export const CURRENT_FORMAT = 3;
export const FORMAT = Buffer.from(`penguin-pool-embedded-kurrentdb ${CURRENT_FORMAT}`);

const FORMAT_OF_ANY_VERSION = /^penguin-pool-embedded-kurrentdb \d+$/;

/** The first format had no index streams, the first two no checksums. Such stores are upgraded when they are opened. */
export const FORMAT_WITHOUT_INDEXES = 1;

const FORMAT_FILE = 'format';
export const STORE_FILE = 'store.mdb';
/** Exists in a new store while a salvage copies into it. */
export const SALVAGE_FILE = 'salvaging';

/** What is checked of LMDB's file format, because LMDB would crash on a damaged file. */
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const MIN_PAGE_BYTES = 4096;
const LEAF_PAGE = 0x02;
const LEAF_OF_SUBTABLE = 0x02;
const TABLE_ROOT = 40;

/**
 * Validates the store's files before LMDB maps them: a foreign or truncated file would crash the process. Nothing is
 * modified.
 *
 * @throws DamagedFileError unless the directory is empty or has a complete store, UnusableStoreError for another format
 */
export function validateStoreFiles(directory: string): void {
  const marker = join(directory, FORMAT_FILE);
  const path = join(directory, STORE_FILE);
  const hasMarker = hasFormatFile(directory);
  requireSupportedFormat(directory);
  const file = existsSync(path) ? openSync(path, 'r') : undefined;
  try {
    const size = file === undefined ? 0 : fstatSync(file).size;
    if (file !== undefined && size > 0) new StoreFileCheck(path, file, size).run();
    else if (hasMarker)
      throw new DamagedFileError(
        `${path} is damaged: it is empty. Restore it from a backup, or remove ${marker} to start with an empty store`,
      );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * A damaged format file is ignored, and written again when the store is open: that has its format too.
 *
 * @throws UnusableStoreError if the format file names another format
 */
export function requireSupportedFormat(directory: string): void {
  const marker = join(directory, FORMAT_FILE);
  const found = existsSync(marker) ? readFileSync(marker) : undefined;
  if (found !== undefined && FORMAT_OF_ANY_VERSION.test(found.toString('latin1'))) formatOf(directory, found);
}

/** Writes the format file, once the store exists. */
export function writeFormatFile(directory: string): void {
  const marker = join(directory, FORMAT_FILE);
  if (!existsSync(marker) || !readFileSync(marker).equals(FORMAT)) writeFileSync(marker, FORMAT, { mode: 0o600 });
}

/** Whether a complete store has been here. */
export function hasFormatFile(directory: string): boolean {
  return existsSync(join(directory, FORMAT_FILE));
}

/**
 * The number of the format.
 * @throws UnusableStoreError unless it is the current one or an earlier one
 */
export function formatOf(directory: string, found: Buffer): number {
  const number = Number(/^penguin-pool-embedded-kurrentdb ([123])$/.exec(found.toString('latin1'))?.[1]);
  if (!Number.isNaN(number)) return number;
  const shown = found.subarray(0, 100).toString('utf8');
  throw new UnusableStoreError(
    `${directory} contains a store of format "${shown}", but this version supports "${FORMAT.toString('utf8')}": use the version that wrote it`,
  );
}

class StoreFileCheck {
  #pageSize = MIN_PAGE_BYTES;

  constructor(
    private readonly path: string,
    private readonly file: number,
    private readonly size: number,
  ) {}

  run(): void {
    if (this.size < 2 * MIN_PAGE_BYTES)
      throw new DamagedFileError(`${this.path} is not a store of this server, or it is damaged: the file is too short`);
    const first = this.#read(0, MIN_PAGE_BYTES);
    this.#requireMeta(first);
    this.#pageSize = first.readUInt32LE(META.pageSize);
    if (this.#pageSize < MIN_PAGE_BYTES || (this.#pageSize & (this.#pageSize - 1)) !== 0)
      this.#reject('invalid page size');
    const second = this.#read(this.#pageSize, MIN_PAGE_BYTES);
    this.#requireMeta(second);
    const latest = second.readBigUInt64LE(META.transaction) > first.readBigUInt64LE(META.transaction) ? second : first;
    this.#requirePage(latest.readBigUInt64LE(META.freeRoot));
    const main = latest.readBigUInt64LE(META.mainRoot);
    this.#requirePage(main);
    if (main !== NO_PAGE) this.#requireTables(this.#read(Number(main) * this.#pageSize, this.#pageSize));
  }

  /** Checks the roots of the tables: they are among the last written pages, so a truncated file lacks them first. */
  #requireTables(page: Buffer): void {
    if ((page.readUInt16LE(18) & LEAF_PAGE) === 0) return;
    const entries = page.readUInt16LE(20) / 2;
    for (let index = 0; index < entries; index++) {
      const node = PAGE_HEADER_BYTES + page.readUInt16LE(PAGE_HEADER_BYTES + 2 * index);
      const data = node + 8 + page.readUInt16LE(node + 6);
      if ((page.readUInt16LE(node + 4) & LEAF_OF_SUBTABLE) !== 0)
        this.#requirePage(page.readBigUInt64LE(data + TABLE_ROOT));
    }
  }

  #requireMeta(page: Buffer): void {
    if (page.readUInt32LE(META.magic) !== MAGIC || page.readUInt32LE(META.version) !== DATA_VERSION)
      this.#reject('invalid header');
  }

  #requirePage(page: bigint): void {
    if (page !== NO_PAGE && (page + 1n) * BigInt(this.#pageSize) > BigInt(this.size))
      this.#reject('the file is truncated');
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (readSync(this.file, bytes, 0, length, offset) < length) this.#reject('the file is truncated');
    return bytes;
  }

  #reject(reason: string): never {
    throw new DamagedFileError(
      `${this.path} is not a store of this server, or it is damaged: ${reason}. It was not modified; restore it from a backup`,
    );
  }
}
