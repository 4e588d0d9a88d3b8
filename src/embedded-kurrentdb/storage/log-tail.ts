import { type CommitQueue } from './commit-queue.js';

/** Notifies the followers of the log, or of one stream, after each commit that concerns them. */
export class LogTail {
  readonly #allFollowers = new Set<() => void>();
  readonly #streamFollowers = new Map<string, Set<() => void>>();

  constructor(commits: CommitQueue) {
    commits.onCommit((changed) => this.#wake(changed));
  }

  /** Returns the unsubscribe function. */
  followAll(wake: () => void): () => void {
    this.#allFollowers.add(wake);
    return () => this.#allFollowers.delete(wake);
  }

  /** The stream need not exist. Returns the unsubscribe function. */
  followStream(streamName: string, wake: () => void): () => void {
    const followers = this.#streamFollowers.get(streamName) ?? new Set();
    this.#streamFollowers.set(streamName, followers.add(wake));
    return () => {
      followers.delete(wake);
      if (followers.size === 0) this.#streamFollowers.delete(streamName);
    };
  }

  #wake(changed: readonly string[]): void {
    for (const wake of this.#allFollowers) wake();
    for (const name of changed) for (const wake of this.#streamFollowers.get(name) ?? []) wake();
  }
}
