import { Logger } from '@nestjs/common';
import { InsufficientStorageError } from '../domain/index.js';

/**
 * Logs when the store has no room for a write, and when it has again: one line each, however many writes are rejected.
 */
export class StorageFullLog {
  readonly #logger = new Logger('KurrentDB');
  #isFull = false;

  /** Settles as the write does. */
  async watch<Value>(write: Promise<Value>): Promise<Value> {
    try {
      const value = await write;
      if (this.#isFull) this.#logger.log('The store has room again; writes are accepted');
      this.#isFull = false;
      return value;
    } catch (error) {
      if (!(error instanceof InsufficientStorageError)) throw error;
      if (!this.#isFull)
        this.#logger.error({ err: error }, 'The disk of the store is full; writes are rejected until there is room');
      this.#isFull = true;
      throw error;
    }
  }
}
