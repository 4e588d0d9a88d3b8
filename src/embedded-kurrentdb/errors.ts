import { join } from 'node:path';
import { STORE_FILE } from './storage/store-file.js';

/** The server failed to start, or ended unexpectedly. */
export class EmbeddedKurrentDBError extends Error {
  override readonly name = 'EmbeddedKurrentDBError';
}

/** The store cannot be opened, or reading it ends the process. */
export class StoreDamagedError extends EmbeddedKurrentDBError {
  constructor(directory: string, problem: string) {
    super(`${join(directory, STORE_FILE)} is damaged and was not opened: ${problem}`);
  }
}
