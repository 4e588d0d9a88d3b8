import { setImmediate } from 'node:timers/promises';
import { sleep } from './wait.js';

const RETRY_MS = 1_000;

type LoadFailed = (name: string, error: unknown) => void;

/**
 * What the process needs later than to listen, loaded right after it is ready: a load at first use fails while no file
 * descriptor is left. One that fails is tried again every second.
 *
 * A `load` has to `require`, also for ES modules: Node keeps a failed `import()` forever.
 */
export class BackgroundLoads {
  readonly #pending = new Map<string, () => unknown>();
  readonly #failures = new Map<string, unknown>();
  #stop: AbortSignal | undefined;
  #onFailure: LoadFailed = () => undefined;
  #running: Promise<void> | undefined;

  /** Why the loads that have failed did so, by name; empty if none has, or if all have succeeded since. */
  get failures(): ReadonlyMap<string, unknown> {
    return this.#failures;
  }

  /** Loads something in the background: after {@link start}. A name that is there already is not loaded twice. */
  add(name: string, load: () => unknown): void {
    this.#pending.set(name, load);
    if (this.#stop) this.#run(this.#stop);
  }

  /**
   * Loads one thing after the other, until all are loaded.
   *
   * @param stop ends it
   * @param onFailure called once for each load that fails
   */
  start(stop: AbortSignal, onFailure: LoadFailed): void {
    this.#stop = stop;
    this.#onFailure = onFailure;
    this.#run(stop);
  }

  /** Resolves when nothing is being loaded any more. */
  async ended(): Promise<void> {
    await this.#running;
  }

  #run(stop: AbortSignal): void {
    this.#running ??= this.#loadAll(stop).finally(() => (this.#running = undefined));
  }

  async #loadAll(stop: AbortSignal): Promise<void> {
    while (this.#pending.size > 0 && !stop.aborted) {
      for (const [name, load] of this.#pending) {
        // A load blocks the event loop: what waits for it comes in between.
        await setImmediate();
        if (stop.aborted) return;
        await this.#load(name, load);
      }
      if (this.#pending.size > 0) await sleep(RETRY_MS, stop);
    }
  }

  async #load(name: string, load: () => unknown): Promise<void> {
    try {
      await load();
      if (this.#pending.get(name) === load) this.#pending.delete(name);
      this.#failures.delete(name);
    } catch (error) {
      if (!this.#failures.has(name)) this.#onFailure(name, error);
      this.#failures.set(name, error);
    }
  }
}

/** Of this process; modules are loaded once for all of it. */
export const backgroundLoads = new BackgroundLoads();
