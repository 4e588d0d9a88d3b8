import { Logger } from '@nestjs/common';
import { type RootDatabase, TransactionFlags } from 'lmdb';
import { requireFreeSpace } from '../../common/storage-full.js';
import { sleep } from '../../common/wait.js';

/**
 * On the disk later, which overlapping sync makes safe. Not an asynchronous write: one that fails rejects promises of
 * lmdb that nobody can handle, which ends the process.
 */
const SYNC_LATER: TransactionFlags =
  TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;
const RETRY_MS = 1_000;

/**
 * The root of an environment with overlapping sync; lmdb's types omit `sync`, which calls back with the error, if any.
 */
export type SyncedRoot = RootDatabase & { sync(callback: (error?: Error) => void): void };

interface WrittenTable<Value, Key> {
  putSync(key: Key, value: Value): unknown;
  removeSync(key: Key): unknown;
}

interface Change {
  readonly isRemoval: boolean;
  apply(this: void): void;
}

/**
 * Writes the changes of an event-loop iteration in one transaction, and syncs it in the background. Changes that cannot
 * be written, as on a full disk, are kept and written again every second; a row that is removed meanwhile needs no
 * write.
 */
export class SpoolWriter {
  readonly #logger = new Logger('Spool');
  readonly #changes = new Map<string, Change>();
  readonly #closed = new AbortController();
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(
    private readonly root: SyncedRoot,
    private readonly directory: string,
  ) {}

  /** Why changes are not on the disk at the moment. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  put<Value, Key>(table: WrittenTable<Value, Key>, key: Key, value: Value): void {
    this.#add(JSON.stringify(key), { isRemoval: false, apply: () => void table.putSync(key, value) });
  }

  /** Removes a row that is not put again. */
  remove<Key>(table: WrittenTable<never, Key>, key: Key): void {
    const id = JSON.stringify(key);
    if (this.#changes.get(id)?.isRemoval === false) this.#changes.delete(id);
    else this.#add(id, { isRemoval: true, apply: () => void table.removeSync(key) });
  }

  /** Resolves when all changes are on the disk, or cannot be written; later ones are ignored. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
  }

  #add(id: string, change: Change): void {
    if (this.#closed.signal.aborted) return;
    this.#changes.set(id, change);
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  async #writeAll(): Promise<void> {
    while (this.#changes.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      try {
        this.#commit();
        await this.#sync();
        if (this.#failure) this.#logger.log('The spool is written again; all its samples are on the disk');
        this.#failure = undefined;
      } catch (error) {
        this.#failed(error instanceof Error ? error : new Error(String(error)));
        if (this.#closed.signal.aborted) return;
        await sleep(RETRY_MS, this.#closed.signal);
      }
    }
  }

  #commit(): void {
    requireFreeSpace(this.directory);
    this.root.transactionSync(() => {
      for (const { apply } of this.#changes.values()) apply();
    }, SYNC_LATER);
    this.#changes.clear();
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.root.sync((error) => (error ? reject(error) : resolve()));
    });
  }

  #failed(error: Error): void {
    if (!this.#failure)
      this.#logger.error(
        { err: error },
        'The spool cannot be written, retrying every second; until then, samples that are not in KurrentDB are lost if this process ends',
      );
    this.#failure = error;
  }
}
