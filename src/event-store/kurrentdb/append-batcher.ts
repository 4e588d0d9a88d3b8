/** Time in milliseconds after which the next batch is sent although the previous one has no response yet. */
const MAX_WAIT_MS = 100;

interface QueuedAppend {
  readonly send: () => void;
  readonly done: Promise<unknown>;
}

/**
 * Sends appends in batches: those of one event loop iteration together, and those that are queued while a batch is in
 * flight together after its responses. Fewer writes to the connection, syncs to disk and deliveries to subscriptions; a
 * single append does not wait.
 */
export class AppendBatcher {
  #queue: QueuedAppend[] = [];
  #isScheduled = false;
  /** Undefined when all responses have arrived, or after {@link MAX_WAIT_MS}. */
  #inFlight: readonly QueuedAppend[] | undefined;

  /** Settles as the append does, independently of the others of its batch. */
  run<Value>(append: () => Promise<Value>): Promise<Value> {
    let send = (): void => undefined;
    const done = new Promise<void>((resolve) => (send = resolve)).then(append);
    this.#queue.push({ send, done });
    this.#schedule();
    return done;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#inFlight || this.#queue.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    const batch = this.#queue;
    this.#queue = [];
    this.#isScheduled = false;
    this.#inFlight = batch;
    const complete = (): void => {
      clearTimeout(timer);
      if (this.#inFlight !== batch) return;
      this.#inFlight = undefined;
      this.#schedule();
    };
    const timer = setTimeout(complete, MAX_WAIT_MS);
    for (const { send } of batch) send();
    void Promise.allSettled(batch.map(({ done }) => done)).then(complete);
  }
}
