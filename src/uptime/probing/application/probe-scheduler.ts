import { type Clock } from '../../../event-store/domain/index.js';

/** A periodic probe. Durations in milliseconds. */
export interface ScheduledProbe {
  readonly name: string;
  readonly intervalMs: number;
  readonly jitterMs: number;
  /** Never rejects. */
  run(): Promise<unknown>;
}

export interface ProbeSchedulerOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Maximum of concurrent runs; due runs beyond it are queued. */
  readonly concurrency: number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** `setTimeout`; returns cancel. */
  readonly callIn: (milliseconds: number, call: () => void) => () => void;
}

/** Counters since the start. */
export interface SchedulerStats {
  readonly started: number;
  /** Runs skipped because the previous run of the same probe had not ended. */
  readonly skipped: number;
}

interface Slot {
  entry: ScheduledProbe;
  /**
   * Time of the next run without jitter, on the monotonic clock; advances by whole intervals, so that delays do not
   * accumulate.
   */
  at: number;
  /** {@link at} with jitter. */
  next: number;
  isRunning: boolean;
}

/** Upper limit for the spacing of first runs, so that a small number of services is probed soon after the start. */
const MAX_START_SPACING_MS = 100;

/**
 * Runs probes at their intervals: without drift, with staggered first runs, one run per probe at a time, and bounded
 * concurrency.
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

  /** Replaces all entries; an entry with an unchanged name and interval keeps its schedule. */
  set(entries: readonly ScheduledProbe[]): void {
    const now = this.options.clock.monotonic();
    const before = new Map(this.#slots);
    this.#slots.clear();
    for (const slot of this.#due.splice(0)) slot.isRunning = false;
    entries.forEach((entry, index) => {
      const existing = before.get(entry.name);
      const isUnchanged = existing?.entry.intervalMs === entry.intervalMs;
      const spacing = Math.min(MAX_START_SPACING_MS, entry.intervalMs / entries.length);
      const at = this.#isStarted && isUnchanged ? existing.at : now + ((index * spacing) % entry.intervalMs);
      // The same slot for the same name, because its run may be in progress.
      this.#slots.set(
        entry.name,
        Object.assign(existing ?? { isRunning: false }, { entry, at, next: this.#jittered(entry, at) }),
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

  /** Starts no further runs; current runs continue. */
  stop(): void {
    this.#isStarted = false;
    for (const slot of this.#due.splice(0)) slot.isRunning = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #jittered({ jitterMs }: ScheduledProbe, at: number): number {
    return jitterMs === 0 ? at : at + this.options.random() * jitterMs;
  }

  /** Sets the timer for the next due run. */
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
      // Runs missed while the process was suspended are not repeated.
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
