import { type EventStore, type NewEvent } from '../../event-store/domain/index.js';
import { coverOf, gapTolerance, MAX_SAMPLES_PER_EVENT, type MonitoredService, probeSamplesStream, type ProbesRecorded, type Sample, type Span, toProbesRecorded, withSpan } from '../domain/index.js';
import { type Log } from './log.js';

/** Samples that wait for the store: more than two days of them at one in ten seconds. */
const MOST_WAITING_SAMPLES = 20_000;
/** Gaps in the time that this process has probed: it has one only where it was stopped or starved for long. */
const MOST_SPANS = 1_000;

interface Window {
  readonly event: NewEvent<'ProbesRecorded', ProbesRecorded>;
  readonly samples: number;
}

/** The samples of one service, kept until they are appended a window at a time. A process that is killed loses at most one window. */
export class SampleJournal {
  readonly #streamName: string;
  readonly #toleranceMs: number;
  #waiting: Sample[] = [];
  /** A window whose append has been tried: it stays as it is, so that trying again is recognised as the same. */
  #sending: Window | undefined;
  #covered: Span[] = [];
  #last: Sample | undefined;
  #dropped = 0;

  constructor(
    private readonly service: MonitoredService,
    private readonly store: Pick<EventStore, 'appendToStream'>,
    private readonly windowMs: number,
    private readonly proberId: string,
    private readonly log: Log,
  ) {
    this.#streamName = probeSamplesStream(service.name);
    this.#toleranceMs = gapTolerance(service);
  }

  /** When this process has probed, recorded or not. */
  get covered(): readonly Span[] {
    return this.#covered;
  }

  get last(): Sample | undefined {
    return this.#last;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  take(sample: Sample): void {
    this.#last = sample;
    const [span] = coverOf([sample], this.#toleranceMs);
    if (span) this.#covered = withSpan(this.#covered, span, this.#toleranceMs).slice(-MOST_SPANS);
    this.#waiting.push(sample);
    if (this.#waiting.length > MOST_WAITING_SAMPLES) this.#dropOldest();
  }

  /** Whether the oldest sample that waits is as old as a window. @param now milliseconds since 1970 */
  isDue(now: number): boolean {
    const oldest = this.#waiting[0];
    return oldest !== undefined && now - oldest.at >= this.windowMs;
  }

  /** Appends all that wait. @throws errors of the store; what is left goes on waiting then */
  async record(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#sending ??= this.#nextWindow();
      const { event, samples } = this.#sending;
      await this.store.appendToStream(this.#streamName, event);
      this.#sending = undefined;
      this.#waiting.splice(0, samples);
    }
    if (this.#dropped > 0) {
      this.log.warn(`${this.service.name}: ${this.#dropped} of the oldest samples were lost while the store was away`);
      this.#dropped = 0;
    }
  }

  #nextWindow(): Window {
    const samples = this.#waiting.slice(0, MAX_SAMPLES_PER_EVENT);
    return { event: toProbesRecorded(this.service.name, samples, this.service, this.proberId), samples: samples.length };
  }

  /** Leaves alone what is being sent, or its append would take away samples that it does not hold. */
  #dropOldest(): void {
    this.#waiting.splice(this.#sending?.samples ?? 0, 1);
    this.#dropped++;
  }
}
