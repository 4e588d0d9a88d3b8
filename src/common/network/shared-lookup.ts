import { type Resolution } from './resolution.js';

/** A look-up that several callers wait for; it is aborted when the last of them has left. */
export class SharedLookup {
  readonly #abort = new AbortController();
  readonly #resolution: Promise<Resolution>;
  /** Resolves when nothing of it is pending any more. */
  readonly ended: Promise<void>;
  #waiting = 0;

  constructor(start: (signal: AbortSignal) => Promise<Resolution>) {
    this.#resolution = start(this.#abort.signal);
    this.ended = this.#resolution.then(
      async ({ more }) => void (await more),
      () => undefined,
    );
  }

  get isAborted(): boolean {
    return this.#abort.signal.aborted;
  }

  /** @throws the reason of the signal when it is aborted */
  join(signal: AbortSignal): Promise<Resolution> {
    signal.throwIfAborted();
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
        if (--this.#waiting === 0) this.#abort.abort();
      };
      signal.addEventListener('abort', leave, { once: true });
      void this.ended.then(() => signal.removeEventListener('abort', leave));
      this.#resolution.then(resolve, reject);
    });
  }
}
