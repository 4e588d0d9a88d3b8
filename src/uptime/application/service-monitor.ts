import { type Clock, type EventStore, StreamError } from '../../event-store/domain/index.js';
import { type MonitoredService, type Sample, type Span, type StatusChange } from '../domain/index.js';
import { ChangeJournal } from './change-journal.js';
import { type Log } from './log.js';
import { type Probe } from './probe.js';
import { SampleJournal } from './sample-journal.js';
import { takeSample } from './take-sample.js';

export interface MonitorOptions {
  readonly store: Pick<EventStore, 'appendToStream' | 'readStream' | 'createStream'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Samples are recorded once in so many milliseconds, and with every change. */
  readonly sampleWindowMs: number;
  /** Tells this process from others that probe the same services; letters and digits. */
  readonly proberId: string;
}

/** What a monitor knows before it can be read from the streams. */
export interface LiveService {
  readonly service: MonitoredService;
  /** The last recorded change and those that are not recorded yet, in order. */
  readonly latestChanges: readonly StatusChange[];
  /** When this process has probed; in order, disjoint. */
  readonly covered: readonly Span[];
  readonly lastSample: Sample | undefined;
}

/** Probes one service, one probe at a time, and records what it finds. Goes on probing while the store cannot be reached. */
export class ServiceMonitor implements LiveService {
  readonly #changes: ChangeJournal;
  readonly #samples: SampleJournal;
  readonly #stop = new AbortController();
  #probing: Promise<void> | undefined;
  #recording: Promise<void> | undefined;
  #isStoreAway = false;
  #lastAt = 0;

  constructor(
    readonly service: MonitoredService,
    private readonly probe: Probe,
    private readonly options: MonitorOptions,
  ) {
    this.#changes = new ChangeJournal(service, options.store, options.log);
    this.#samples = new SampleJournal(service, options.store, options.sampleWindowMs, options.proberId, options.log);
  }

  get latestChanges(): readonly StatusChange[] {
    return this.#changes.latestChanges;
  }

  get covered(): readonly Span[] {
    return this.#samples.covered;
  }

  get lastSample(): Sample | undefined {
    return this.#samples.last;
  }

  /** The streams are there and have been read. */
  get isReady(): boolean {
    return this.#changes.isReady;
  }

  /** Creates the streams and reads where the history stands; where the store is away, that is tried again with every probe. */
  start(): Promise<void> {
    return this.#record(false);
  }

  /**
   * Probes once. While a probe runs, another one is not begun: the call waits for the one that runs.
   *
   * Resolves when the sample has been taken; recording it goes on in the background (see {@link recorded}).
   */
  probeOnce(): Promise<void> {
    this.#probing ??= this.#takeSample().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** Resolves when nothing is being recorded. */
  async recorded(): Promise<void> {
    await this.#recording;
  }

  /**
   * Ends a running probe without a sample, and records what waits.
   *
   * @param withinMs no longer than this; what could not be recorded by then is told to the log
   */
  async stop(withinMs: number): Promise<void> {
    this.#stop.abort();
    await this.#probing;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([this.recorded().then(() => this.#record(true)), late]);
    clearTimeout(timer);
    await this.probe.close?.();
    const { waiting: changes } = this.#changes;
    const { waiting: samples } = this.#samples;
    if (changes + samples > 0) this.options.log.warn(`${this.service.name}: stopped with ${changes} changes and ${samples} samples that could not be recorded`);
  }

  async #takeSample(): Promise<void> {
    // The wall clock may be set back; the order of samples may not.
    const at = Math.max(this.options.clock.now(), this.#lastAt);
    this.#lastAt = at;
    const sample = await takeSample(this.probe, this.service, at, this.#stop.signal, this.options.clock, this.options.log);
    if (!sample) return;
    this.#changes.take(sample);
    this.#samples.take(sample);
    void this.#record(false);
  }

  /** Records what waits, unless that is going on already. Never rejects: what could not be recorded waits for the next time. */
  #record(isLast: boolean): Promise<void> {
    this.#recording ??= this.#recordNow(isLast).finally(() => (this.#recording = undefined));
    return this.#recording;
  }

  async #recordNow(isLast: boolean): Promise<void> {
    const { clock, log } = this.options;
    try {
      do {
        // The samples that prove a change are recorded with it.
        const hasChanged = await this.#changes.record();
        if (isLast || hasChanged || this.#samples.isDue(clock.now())) await this.#samples.record();
      } while (this.#changes.waiting > 0);
      if (this.#isStoreAway) log.info(`${this.service.name}: recording again`);
      this.#isStoreAway = false;
    } catch (error) {
      if (!(error instanceof StreamError)) log.error(`${this.service.name}: recording failed; it is tried again with the next probe`, error);
      else if (!this.#isStoreAway) log.warn(`${this.service.name}: not recorded, tried again with every probe: ${error.message}`);
      this.#isStoreAway = true;
    }
  }
}
