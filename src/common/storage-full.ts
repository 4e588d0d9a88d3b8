import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { systemCodeOf } from './error-code.js';

/** What the system reports for a write without room: no space, a quota, or a limit of the file's size. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];
/** LMDB reports a page that was written in part as EIO. */
const SHORT_WRITE = 'EIO';
/** Free bytes below which a short write means a full disk. */
const LITTLE_BYTES = 1024 * 1024;
/** More than LMDB needs for its table of readers. */
const LOCK_FILE_BYTES = 16 * 1024;

/** Whether a write failed because the file system of the directory is full. `error` is of LMDB or of Node. */
export function isStorageFull(error: unknown, directory: string): boolean {
  const code = systemCodeOf(error);
  if (code === undefined) return false;
  if (FULL.includes(code)) return true;
  if (code !== SHORT_WRITE) return false;
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < LITTLE_BYTES;
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
