/** Lets one after the other have a name: writes of this process to one stream do not make each other fail. */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs the task when all before it that took one of the names are done, however they ended. */
  run<Value>(names: readonly string[], task: () => Promise<Value>): Promise<Value> {
    const before = [...new Set(names)].flatMap((name) => this.#last.get(name) ?? []);
    const turn = before.length === 0 ? task() : Promise.allSettled(before).then(task);
    const ended: Promise<void> = turn.then(
      () => this.#end(names, ended),
      () => this.#end(names, ended),
    );
    // Taken for all names at once, so that two tasks never wait for each other.
    for (const name of names) this.#last.set(name, ended);
    return turn;
  }

  #end(names: readonly string[], turn: Promise<void>): void {
    for (const name of names) {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}
