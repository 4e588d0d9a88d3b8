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
