import { statfsSync } from 'node:fs';

/**
 * Free bytes of the disk below which writes are rejected: what follows the store on the same disk, such as read models,
 * needs room for the last events.
 */
const RESERVED_BYTES = 8 * 1024 * 1024;

/**
 * The disk, or the quota of the directory, is full or nearly full. Nothing was written; a later write succeeds once
 * there is room.
 */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';

  constructor(cause?: unknown) {
    super('No space left on device: the event was not stored', { cause });
  }
}

/** Whether the disk of the directory has more than the reserve. */
export function hasRoom(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize > RESERVED_BYTES;
}
