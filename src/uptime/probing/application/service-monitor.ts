import { settleWithin } from '../../../common/wait.js';
import { type Clock, DomainError } from '../../../event-store/domain/index.js';
import {
  type LiveService,
  type MonitoredService,
  type ProbeAttempt,
  type StatusChange,
  type TimeRange,
} from '../../domain/index.js';
import { StatusChangeRecorder, type StatusChangeRecorderOptions } from './status-change.recorder.js';
import { type EventLoopLag } from './event-loop-lag.js';
import { type Probe } from './probe.js';
import { LeaseLostError } from './prober-lease.js';
import { SampleRecorder, type SampleRecorderOptions } from './sample.recorder.js';
import { runProbe } from './run-probe.js';

export interface MonitorOptions extends SampleRecorderOptions {
  readonly store: SampleRecorderOptions['store'] & StatusChangeRecorderOptions['store'];
  readonly append: StatusChangeRecorderOptions['append'];
  /** Resolves where this process is sure to be the prober; throws as {@link append} does. */
  readonly confirm: () => Promise<void>;
  readonly clock: Clock;
  readonly eventLoopLag: EventLoopLag;
  /** When another replica was seen to be the prober. */
  readonly proberElsewhere: () => { readonly since: number; readonly until: number } | undefined;
}

/**
 * Probes one service, one probe at a time, and records what it finds, for as long as this process is the prober. Goes on probing
 * while the store cannot be reached.
 */
export class ServiceMonitor implements LiveService {
  readonly #changes: StatusChangeRecorder;
  readonly #samples: SampleRecorder;
  #stop = new AbortController();
  #probing: Promise<void> | undefined;
  #recording: Promise<void> | undefined;
  #handingOver: Promise<void> = Promise.resolve();
  #isActive = false;
  #isStoreAway = false;
  #lastAt = 0;
  #lastProbe: ProbeAttempt | undefined;

  constructor(
    readonly service: MonitoredService,
    private readonly probe: Probe,
    private readonly options: MonitorOptions,
  ) {
    this.#changes = new StatusChangeRecorder(service, options);
    this.#samples = new SampleRecorder(service, options);
  }

  get latestChanges(): readonly StatusChange[] {
    return this.#isActive ? this.#changes.latestChanges : [];
  }

  get covered(): readonly TimeRange[] {
    const elsewhere = this.#isActive ? undefined : this.options.proberElsewhere();
    return elsewhere ? [{ from: elsewhere.since, to: elsewhere.until }] : this.#samples.covered;
  }

  get lastProbe(): ProbeAttempt | undefined {
    return this.#isActive ? this.#lastProbe : undefined;
  }

  /** The streams have been read, where this process probes. */
  get isReady(): boolean {
    return !this.#isActive || this.#changes.isReady;
  }

  /** This process is the prober from now on: reads where the history stands; where the store is away, that is tried again with every probe. */
  async begin(): Promise<void> {
    await this.#handingOver;
    // What is being recorded was decided on what is forgotten now.
    await this.recorded();
    this.#isActive = true;
    this.#stop = new AbortController();
    this.#changes.begin(this.#samples.begin(), this.options.clock.now());
    await this.#record(false);
  }

  /**
   * Probes once. While a probe runs, another one is not begun: the call waits for the one that runs.
   *
   * Resolves when the sample has been taken; recording it goes on in the background (see {@link recorded}).
   */
  probeOnce(): Promise<void> {
    this.#probing ??= this.#runProbe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** Resolves when nothing is being recorded. */
  async recorded(): Promise<void> {
    await this.#recording;
  }

  /** Records the samples that wait, whoever is the prober now. @returns whether none waits any more */
  async recordSamples(): Promise<boolean> {
    await this.#record(true);
    return this.#samples.waiting === 0;
  }

  /**
   * Another replica is the prober: what this one found after it was sure to be is left out; the samples from before are recorded.
   *
   * @param validUntil when it last was sure to be the prober, in milliseconds since 1970
   */
  handOver(validUntil: number): Promise<void> {
    this.#isActive = false;
    this.#stop.abort();
    this.#handingOver = this.#finish(validUntil);
    return this.#handingOver;
  }

  /**
   * Ends a running probe without a sample, and records what waits.
   *
   * @param withinMs no longer than this; what could not be recorded by then waits in the spool
   */
  async stop(withinMs: number): Promise<void> {
    this.#stop.abort();
    await this.#probing;
    await settleWithin(
      withinMs,
      this.recorded().then(() => this.#record(true)),
    );
    await this.probe.close?.();
    const { waiting } = this.#samples;
    if (this.#isActive && waiting > 0)
      this.options.log.warn(
        `${this.service.name}: stopped with ${waiting} samples that could not be recorded; they are kept, and recorded after the next start`,
      );
    this.#isActive = false;
  }

  async #finish(validUntil: number): Promise<void> {
    await this.#probing;
    await this.recorded();
    this.#samples.discardAfter(validUntil);
    await this.#record(true);
  }

  async #runProbe(): Promise<void> {
    if (!this.#isActive) return;
    // The wall clock may be set back; the order of samples may not.
    const at = Math.max(this.options.clock.now(), this.#lastAt);
    this.#lastAt = at;
    const taken = await runProbe(this.probe, this.service, at, this.#stop.signal, this.options);
    if (!taken) return;
    this.#lastProbe = taken;
    this.#changes.take(taken.sample);
    this.#samples.take(taken.sample);
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
        const hasChanged = this.#isActive && (await this.#changes.record());
        if (isLast || hasChanged || this.#samples.isDue(clock.now())) {
          // Another replica may probe since the store was away, or this process stood still: its samples are the ones that count.
          if (this.#isActive) await this.options.confirm();
          await this.#samples.record();
        }
      } while (this.#isActive && this.#changes.waiting > 0);
      if (this.#isStoreAway) log.info(`${this.service.name}: recording again`);
      this.#isStoreAway = false;
    } catch (error) {
      // Whoever is the prober now decides on changes; this process is about to be told.
      if (error instanceof LeaseLostError) return;
      if (!(error instanceof DomainError))
        log.error(`${this.service.name}: recording failed; it is tried again with the next probe`, error);
      else if (!this.#isStoreAway)
        log.warn(`${this.service.name}: not recorded, tried again with every probe: ${error.message}`);
      this.#isStoreAway = true;
    }
  }
}
