import { type Clock } from '../../../event-store/domain/index.js';

/** What is to happen again and again. Durations in milliseconds. */
export interface ScheduledProbe {
  readonly name: string;
  readonly intervalMs: number;
  readonly jitterMs: number;
  /** One turn; never rejects. */
  run(): Promise<unknown>;
}

export interface ProbeSchedulerOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Most turns that run at once; those that are due beyond wait for one to end. */
  readonly concurrency: number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Calls back once, so many milliseconds later; returns what forgets it. */
  readonly callIn: (milliseconds: number, call: () => void) => () => void;
}

/** What became of the turns, so far. */
export interface SchedulerStats {
  readonly started: number;
  /** KeyedMutex that were left out because the one before had not ended. */
  readonly skipped: number;
}

interface Slot {
  entry: ScheduledProbe;
  /** KeyedMutex belong to this moment and every interval after it, by the monotonic clock: being late once does not move those that follow. */
  at: number;
  /** When the next turn begins: then, or later by the jitter. */
  next: number;
  isRunning: boolean;
}

/** First turns begin no further apart than this, so that few services are probed soon. */
const MAX_START_SPACING_MS = 100;

/**
 * Gives each entry its turn at its interval: never two at once of one entry, no more than so many in all, begun spread out, without
 * drift.
 */
export class ProbeScheduler {
  readonly #slots = new Map<string, Slot>();
  readonly #due: Slot[] = [];
  #running = 0;
  #started = 0;
  #skipped = 0;
  #cancelTimer: (() => void) | undefined;
  #isStarted = false;

  constructor(private readonly options: ProbeSchedulerOptions) {}

  get stats(): SchedulerStats {
    return { started: this.#started, skipped: this.#skipped };
  }

  /** Replaces all entries; those that stay, by name and interval, keep their place in time. */
  set(entries: readonly ScheduledProbe[]): void {
    const now = this.options.clock.monotonic();
    const before = new Map(this.#slots);
    this.#slots.clear();
    for (const slot of this.#due.splice(0)) slot.isRunning = false;
    entries.forEach((entry, index) => {
      const known = before.get(entry.name);
      const isSame = known?.entry.intervalMs === entry.intervalMs;
      const apart = Math.min(MAX_START_SPACING_MS, entry.intervalMs / entries.length);
      const at = this.#isStarted && isSame ? known.at : now + ((index * apart) % entry.intervalMs);
      // The same line for the same name, so that a turn that runs still counts.
      this.#slots.set(
        entry.name,
        Object.assign(known ?? { isRunning: false }, { entry, at, next: this.#jittered(entry, at) }),
      );
    });
    if (this.#isStarted) this.#arm();
  }

  start(): void {
    if (this.#isStarted) return;
    this.set([...this.#slots.values()].map(({ entry }) => entry));
    this.#isStarted = true;
    this.#arm();
  }

  /** No turn begins any more; those that run go on. */
  stop(): void {
    this.#isStarted = false;
    for (const slot of this.#due.splice(0)) slot.isRunning = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #jittered({ jitterMs }: ScheduledProbe, at: number): number {
    return jitterMs === 0 ? at : at + this.options.random() * jitterMs;
  }

  /** Sees to it that it is called when the next turn is due. */
  #arm(): void {
    this.#cancelTimer?.();
    let next = Infinity;
    for (const slot of this.#slots.values()) next = Math.min(next, slot.next);
    this.#cancelTimer =
      next === Infinity
        ? undefined
        : this.options.callIn(Math.max(0, next - this.options.clock.monotonic()), () => this.#tick());
  }

  #tick(): void {
    const now = this.options.clock.monotonic();
    for (const slot of this.#slots.values()) {
      if (slot.next > now) continue;
      this.#enqueue(slot);
      const { intervalMs } = slot.entry;
      // KeyedMutex that were missed altogether, because this process stood still, are not made up for.
      slot.at += intervalMs * (Math.max(0, Math.floor((now - slot.at) / intervalMs)) + 1);
      slot.next = this.#jittered(slot.entry, slot.at);
    }
    this.#startDue();
    this.#arm();
  }

  #enqueue(slot: Slot): void {
    if (slot.isRunning) {
      this.#skipped++;
      return;
    }
    slot.isRunning = true;
    this.#due.push(slot);
  }

  #startDue(): void {
    while (this.#running < this.options.concurrency) {
      const slot = this.#due.shift();
      if (!slot) return;
      this.#running++;
      void this.#run(slot);
    }
  }

  async #run(slot: Slot): Promise<void> {
    this.#started++;
    await slot.entry.run();
    slot.isRunning = false;
    this.#running--;
    if (this.#isStarted) this.#startDue();
  }
}
