import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** What the system reports for a write without room: no space, a quota, or a limit of the file's size. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];
/** LMDB reports a page that was written in part as EIO. */
const SHORT_WRITE = 'EIO';
/**
 * Free bytes of the disk below which writes are rejected: what follows the store on the same disk, such as read models, needs room
 * for the last events.
 */
const RESERVED_BYTES = 8 * 1024 * 1024;

/** The disk, or the quota of the directory, is full or nearly full. Nothing was written; a later write succeeds once there is room. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';

  constructor(cause?: unknown) {
    super('No space left on device: the event was not stored', { cause });
  }
}

/** Whether a write failed because the file system of the directory is full. `error` is of LMDB or of Node. */
export function isStorageFull(error: unknown, directory: string): boolean {
  const code = systemCodeOf(error);
  if (code === undefined) return false;
  if (FULL.includes(code)) return true;
  return code === SHORT_WRITE && !hasRoom(directory);
}

/** Whether the disk of the directory has more than the reserve. */
export function hasRoom(directory: string): boolean {
  // The directory of a temporary store has been unlinked.
  const { bavail, bsize } = statfsSync(existsSync(directory) ? directory : tmpdir());
  return bavail * bsize > RESERVED_BYTES;
}

/** Name of the system's error; LMDB gives its positive number. */
function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (typeof error.code === 'string') return error.code;
  return typeof error.code === 'number' ? getSystemErrorMap().get(-error.code)?.[0] : undefined;
}
