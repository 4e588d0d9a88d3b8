/** Mutual exclusion by key: commands of one process on the same stream do not conflict with each other. */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs the task after all earlier tasks with one of the keys have settled. */
  run<Value>(keys: readonly string[], task: () => Promise<Value>): Promise<Value> {
    const earlier = [...new Set(keys)].flatMap((key) => this.#last.get(key) ?? []);
    const result = earlier.length === 0 ? task() : Promise.allSettled(earlier).then(task);
    const settled: Promise<void> = result.then(
      () => this.#remove(keys, settled),
      () => this.#remove(keys, settled),
    );
    // All keys are acquired at once, so that two tasks cannot wait for each other.
    for (const key of keys) this.#last.set(key, settled);
    return result;
  }

  #remove(keys: readonly string[], settled: Promise<void>): void {
    for (const key of keys) {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
