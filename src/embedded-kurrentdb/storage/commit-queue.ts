import { type LogStore } from './log-store.js';

/** Called after each commit with the names of the streams that changed. */
type CommitListener = (changedStreams: readonly string[]) => void;

interface PendingWrite {
  run(): void;
  resolve(): void;
  fail(error: unknown): void;
}

/**
 * Group commit: writes that arrive while one transaction is being synced go into the next one, so that one sync serves
 * all of them. Each promise resolves after the sync, in the order of submission.
 */
export class CommitQueue {
  #pending: PendingWrite[] = [];
  #scheduled = false;
  readonly #listeners = new Set<CommitListener>();

  constructor(private readonly store: LogStore) {}

  /**
   * Runs the write in the next transaction and resolves to its result once that is durable. A write that throws changes
   * nothing.
   */
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

  /** Commits the pending writes synchronously. */
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
      // One failing write must not fail the others: each gets its own transaction.
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
    // Runs after the poll phase: appends from all sockets that are readable now join the same group.
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
