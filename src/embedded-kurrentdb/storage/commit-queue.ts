import { type LogStore } from './log-store.js';

/** Told after each commit: the names of the streams that changed. */
export type CommitListener = (changedStreams: readonly string[]) => void;

interface PendingWrite {
  run(): void;
  resolve(): void;
  fail(error: unknown): void;
}

/**
 * Commits writes in groups: whatever arrives while one transaction is being synced goes into the next, so that one sync serves all
 * who wait. Writers are answered after the sync, in the order in which they came.
 */
export class CommitQueue {
  #pending: PendingWrite[] = [];
  #scheduled = false;
  readonly #listeners = new Set<CommitListener>();

  constructor(private readonly store: LogStore) {}

  /** Runs the write in the next transaction and resolves to its result when that is durable. A write that throws changes nothing. */
  submit<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let outcome: { readonly value: T } | undefined;
      this.#pending.push({
        run: () => {
          outcome = { value: write() };
        },
        resolve: () => {
          if (outcome !== undefined) resolve(outcome.value);
        },
        fail: reject,
      });
      this.#schedule();
    });
  }

  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commits what is waiting, at once. */
  flush(): void {
    const group = this.#pending;
    if (group.length === 0) return;
    this.#pending = [];
    this.#commit(group);
  }

  #commit(group: readonly PendingWrite[]): void {
    let changed: readonly string[];
    try {
      changed = this.store.transaction(() => {
        for (const write of group) write.run();
      });
    } catch (error) {
      // One write must not fail the others: each gets a transaction of its own.
      if (group.length > 1) for (const write of group) this.#commit([write]);
      else for (const write of group) write.fail(error);
      return;
    }
    for (const write of group) write.resolve();
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the sockets that are readable now have been read: their writes belong to the same group.
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
