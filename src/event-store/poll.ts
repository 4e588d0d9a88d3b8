import { sleep } from '../common/wait.js';
import { type Clock } from './domain/index.js';

const INTERVAL_MS = 500;

/** Asks the store twice a second, one question at a time. */
export class Poll {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  /**
   * @param ask what it throws is ignored: without an answer its caller knows nothing new, and subscriptions log lost
   *   connections
   */
  constructor(
    private readonly ask: () => Promise<void>,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** Asks no more. Resolves when the running question has been answered, or cannot be. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedAt = this.clock.monotonic();
      await this.ask().catch(() => undefined);
      await sleep(Math.max(0, startedAt + INTERVAL_MS - this.clock.monotonic()), this.#stop.signal);
    }
  }
}
