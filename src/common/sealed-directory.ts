import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DirectoryLock, LOCK_FILE } from './directory-lock.js';

/** The file of the tables. */
export const DATA_FILE = 'data.mdb';
/** Checksum of the tables as they were closed; missing after version 0.1.0. */
const CHECKSUM_FILE = 'checksum';
const CHUNK_BYTES = 1024 * 1024;

/**
 * Locked directory of LMDB tables, which are trusted only as they were closed: LMDB does not detect damage, but ends
 * the process or reads something else.
 */
export class SealedDirectory {
  private constructor(
    readonly path: string,
    private readonly lock: DirectoryLock,
    /** Why the tables cannot be trusted: their process died, or they changed since they were closed. */
    readonly problem: string | undefined,
  ) {}

  /** Whether the last process ended without closing the tables. */
  get wasLeft(): boolean {
    return this.lock.wasLeft;
  }

  /**
   * Creates the directory if it is missing.
   *
   * @throws Error if another process uses it
   */
  static open(path: string): SealedDirectory {
    const lock = DirectoryLock.acquire(path);
    const problem = problemOf(path, lock.wasLeft);
    if (problem === undefined) rmSync(join(path, CHECKSUM_FILE), { force: true });
    return new SealedDirectory(path, lock, problem);
  }

  /**
   * Moves the tables to `{path}-damaged`, in place of what was set aside before. If the disk has no room for new ones
   * beside them, they are removed.
   *
   * @returns where they are, for a message
   */
  setAside(): string {
    const aside = `${this.path}-damaged`;
    rmSync(aside, { recursive: true, force: true });
    const entries = readdirSync(this.path).filter((entry) => entry !== LOCK_FILE);
    const bytes = entries.reduce((sum, entry) => sum + statSync(join(this.path, entry)).size, 0);
    const { bavail, bsize } = statfsSync(this.path);
    if (bavail * bsize < bytes) {
      for (const entry of entries) rmSync(join(this.path, entry), { recursive: true });
      return 'what was there was removed, because the disk has no room for both';
    }
    mkdirSync(aside, { mode: 0o700 });
    for (const entry of entries) renameSync(join(this.path, entry), join(aside, entry));
    return `what was there is kept in ${aside}`;
  }

  /**
   * Writes the checksum of the tables, which are closed, and releases the lock.
   *
   * @throws Error if the tables or their checksum cannot be written: the next process does not trust them
   */
  close(): void {
    const data = join(this.path, DATA_FILE);
    if (existsSync(data)) writeFileSync(join(this.path, CHECKSUM_FILE), syncedChecksum(data), { flush: true });
    this.lock.release();
  }

  /** Removes the directory and releases the lock. */
  remove(): void {
    rmSync(this.path, { recursive: true });
    this.lock.release();
  }
}

function problemOf(path: string, wasLeft: boolean): string | undefined {
  const [data, checksum] = [join(path, DATA_FILE), join(path, CHECKSUM_FILE)];
  if (!existsSync(data)) return undefined;
  if (wasLeft) return 'the last process ended without closing its tables';
  if (!existsSync(checksum) || readFileSync(checksum, 'utf8') === syncedChecksum(data)) return undefined;
  return `${data} is damaged: it changed since it was closed`;
}

/** CRC-32 of a file's content, which is then on the disk, and its size: about 0.3 s for a gigabyte in memory. */
function syncedChecksum(path: string): string {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let checksum = 0;
    let size = 0;
    for (let read = -1; read !== 0; size += read) {
      read = readSync(file, chunk, 0, CHUNK_BYTES, size);
      checksum = crc32(chunk.subarray(0, read), checksum);
    }
    return `${checksum.toString(16)} ${size}`;
  } finally {
    closeSync(file);
  }
}
