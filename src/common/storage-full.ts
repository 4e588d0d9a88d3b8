import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { systemCodeOf } from './error-code.js';

/** What the system reports for a write without room: no space, a quota, or a limit of the file's size. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];
/** LMDB reports a page that was written in part as EIO. */
const SHORT_WRITE = 'EIO';
/** Free bytes below which a short write means a full disk. */
const LITTLE_BYTES = 1024 * 1024;
/**
 * Free bytes below which nothing is given to LMDB to write: more than a commit needs. A write of LMDB that fails writes
 * behind the end of the buffer of its message, which ends the process at some later time.
 */
const RESERVED_BYTES = 4 * 1024 * 1024;
/** More than LMDB needs for its table of readers. */
const LOCK_FILE_BYTES = 16 * 1024;

/** A write was not tried, because the file system is full or nearly full. */
class NoSpaceError extends Error {
  readonly code = 'ENOSPC';

  constructor(directory: string) {
    super(`No space left on device: ${directory} has less than the reserve`);
  }
}

/** Whether the file system of the directory has more than that. */
export function hasFreeSpace(directory: string, bytes = RESERVED_BYTES): boolean {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize > bytes;
}

/**
 * To be called before each transaction that writes.
 *
 * @throws Error that {@link isStorageFull} recognizes, if the file system of the directory has less than the reserve
 */
export function requireFreeSpace(directory: string, bytes = RESERVED_BYTES): void {
  if (!hasFreeSpace(directory, bytes)) throw new NoSpaceError(directory);
}

/** Whether a write failed because the file system of the directory is full. `error` is of LMDB or of Node. */
export function isStorageFull(error: unknown, directory: string): boolean {
  const code = systemCodeOf(error);
  if (code === undefined) return false;
  if (FULL.includes(code)) return true;
  if (code !== SHORT_WRITE) return false;
  return !hasFreeSpace(directory, LITTLE_BYTES);
}

/**
 * Makes the file of LMDB's readers with its blocks, to be called before LMDB opens the path. LMDB maps it without them,
 * so that a full disk ends the process by a signal.
 *
 * @throws Error if there is no room for it
 */
export function reserveLockFile(path: string): void {
  if (existsSync(path)) return;
  try {
    writeFileSync(path, Buffer.alloc(LOCK_FILE_BYTES), { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}
