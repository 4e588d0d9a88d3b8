/** How long a group is waited for before the next one goes all the same, in milliseconds: a server that does not answer one must not hold up the others. */
const MAX_WAIT_MS = 100;

/** An append that waits until it may go. */
interface Waiting {
  readonly go: () => void;
  readonly done: Promise<unknown>;
}

/**
 * Lets appends go in groups: those that come in one turn of the event loop go together, and those that come while a group is on its way
 * go together when it has been answered. The client then writes them to its connection at once, the server syncs them to disk at once, and
 * whatever follows the log gets them at once. One append by itself goes without waiting.
 */
export class AppendBatcher {
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /** The group that is on its way; undefined while none is, or it has been waited for long enough. */
  #underWay: readonly Waiting[] | undefined;

  /** Carries out an append with its group, and ends as it does, however the others of the group end. */
  run<Value>(append: () => Promise<Value>): Promise<Value> {
    let go = (): void => undefined;
    const done = new Promise<void>((resolve) => (go = resolve)).then(append);
    this.#waiting.push({ go, done });
    this.#schedule();
    return done;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#underWay || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#isScheduled = false;
    this.#underWay = group;
    const leave = (): void => {
      clearTimeout(longEnough);
      if (this.#underWay !== group) return;
      this.#underWay = undefined;
      this.#schedule();
    };
    const longEnough = setTimeout(leave, MAX_WAIT_MS);
    for (const { go } of group) go();
    void Promise.allSettled(group.map(({ done }) => done)).then(leave);
  }
}
