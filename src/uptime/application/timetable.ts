import { type Clock } from '../../event-store/domain/index.js';

/** What is to happen again and again. Durations in milliseconds. */
export interface TimetableEntry {
  readonly name: string;
  readonly intervalMs: number;
  readonly jitterMs: number;
  /** One turn; never rejects. */
  run(): Promise<unknown>;
}

export interface TimetableOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Most turns that run at once; those that are due beyond wait for one to end. */
  readonly concurrency: number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Calls back once, so many milliseconds later; returns what forgets it. */
  readonly callIn: (milliseconds: number, call: () => void) => () => void;
}

/** What became of the turns, so far. */
export interface Punctuality {
  readonly begun: number;
  /** Turns that were left out because the one before had not ended. */
  readonly skipped: number;
}

interface Line {
  entry: TimetableEntry;
  /** Turns belong to this moment and every interval after it, by the monotonic clock: being late once does not move those that follow. */
  at: number;
  /** When the next turn begins: then, or later by the jitter. */
  next: number;
  isRunning: boolean;
}

/** First turns begin no further apart than this, so that few services are probed soon. */
const MOST_APART_MS = 100;

/**
 * Gives each entry its turn at its interval: never two at once of one entry, no more than so many in all, begun spread out, without
 * drift.
 */
export class Timetable {
  readonly #lines = new Map<string, Line>();
  readonly #due: Line[] = [];
  #running = 0;
  #begun = 0;
  #skipped = 0;
  #forget: (() => void) | undefined;
  #isStarted = false;

  constructor(private readonly options: TimetableOptions) {}

  get punctuality(): Punctuality {
    return { begun: this.#begun, skipped: this.#skipped };
  }

  /** Replaces all entries; those that stay, by name and interval, keep their place in time. */
  set(entries: readonly TimetableEntry[]): void {
    const now = this.options.clock.monotonic();
    const before = new Map(this.#lines);
    this.#lines.clear();
    for (const line of this.#due.splice(0)) line.isRunning = false;
    entries.forEach((entry, index) => {
      const known = before.get(entry.name);
      const isSame = known?.entry.intervalMs === entry.intervalMs;
      const apart = Math.min(MOST_APART_MS, entry.intervalMs / entries.length);
      const at = this.#isStarted && isSame ? known.at : now + ((index * apart) % entry.intervalMs);
      // The same line for the same name, so that a turn that runs still counts.
      this.#lines.set(
        entry.name,
        Object.assign(known ?? { isRunning: false }, { entry, at, next: this.#jittered(entry, at) }),
      );
    });
    if (this.#isStarted) this.#arm();
  }

  start(): void {
    if (this.#isStarted) return;
    this.set([...this.#lines.values()].map(({ entry }) => entry));
    this.#isStarted = true;
    this.#arm();
  }

  /** No turn begins any more; those that run go on. */
  stop(): void {
    this.#isStarted = false;
    for (const line of this.#due.splice(0)) line.isRunning = false;
    this.#forget?.();
    this.#forget = undefined;
  }

  #jittered({ jitterMs }: TimetableEntry, at: number): number {
    return jitterMs === 0 ? at : at + this.options.random() * jitterMs;
  }

  /** Sees to it that it is called when the next turn is due. */
  #arm(): void {
    this.#forget?.();
    let next = Infinity;
    for (const line of this.#lines.values()) next = Math.min(next, line.next);
    this.#forget =
      next === Infinity
        ? undefined
        : this.options.callIn(Math.max(0, next - this.options.clock.monotonic()), () => this.#tick());
  }

  #tick(): void {
    const now = this.options.clock.monotonic();
    for (const line of this.#lines.values()) {
      if (line.next > now) continue;
      this.#takeTurn(line);
      const { intervalMs } = line.entry;
      // Turns that were missed altogether, because this process stood still, are not made up for.
      line.at += intervalMs * (Math.max(0, Math.floor((now - line.at) / intervalMs)) + 1);
      line.next = this.#jittered(line.entry, line.at);
    }
    this.#beginDue();
    this.#arm();
  }

  #takeTurn(line: Line): void {
    if (line.isRunning) {
      this.#skipped++;
      return;
    }
    line.isRunning = true;
    this.#due.push(line);
  }

  #beginDue(): void {
    while (this.#running < this.options.concurrency) {
      const line = this.#due.shift();
      if (!line) return;
      this.#running++;
      void this.#run(line);
    }
  }

  async #run(line: Line): Promise<void> {
    this.#begun++;
    await line.entry.run();
    line.isRunning = false;
    this.#running--;
    if (this.#isStarted) this.#beginDue();
  }
}
