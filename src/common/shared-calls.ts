import { type Clock } from './clock.js';

interface RunningCall<Value> {
  readonly startedAt: number;
  readonly result: Promise<Value>;
}

/** Runs a call once for all that ask for it soon after its start; later ones get a newer result. */
export class SharedCalls<Value> {
  readonly #running = new Map<string, RunningCall<Value>>();

  /** @param maxAgeMs a call that began longer ago is not shared */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly maxAgeMs: number,
  ) {}

  /** @param call gets the time of its start on the monotonic clock */
  run(key: string, call: (startedAt: number) => Promise<Value>): Promise<Value> {
    const startedAt = this.clock.monotonic();
    const earlier = this.#running.get(key);
    if (earlier && startedAt - earlier.startedAt <= this.maxAgeMs) return earlier.result;
    const result = call(startedAt).finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
    const running = { startedAt, result };
    this.#running.set(key, running);
    return result;
  }
}
