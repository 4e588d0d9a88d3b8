import { type CommitQueue } from './commit-queue.js';

/** Wakes those who follow the log, or one stream, after each commit that concerns them. */
export class LogTail {
  readonly #everything = new Set<() => void>();
  readonly #byStream = new Map<string, Set<() => void>>();

  constructor(commits: CommitQueue) {
    commits.onCommit((changed) => this.#wake(changed));
  }

  /** Returns the function that ends it. */
  followAll(wake: () => void): () => void {
    this.#everything.add(wake);
    return () => this.#everything.delete(wake);
  }

  /** The stream need not exist. Returns the function that ends it. */
  followStream(streamName: string, wake: () => void): () => void {
    const followers = this.#byStream.get(streamName) ?? new Set();
    this.#byStream.set(streamName, followers.add(wake));
    return () => {
      followers.delete(wake);
      if (followers.size === 0) this.#byStream.delete(streamName);
    };
  }

  #wake(changed: readonly string[]): void {
    for (const wake of this.#everything) wake();
    for (const name of changed) for (const wake of this.#byStream.get(name) ?? []) wake();
  }
}
