import { AdvancingTime } from '../../../common/advancing-time.js';
import { settleWithin } from '../../../common/wait.js';
import { type Clock, DomainError } from '../../../event-store/domain/index.js';
import {
  type LiveService,
  type MonitoredService,
  type ProbeAttempt,
  type StatusChange,
  type TimeRange,
  toSample,
} from '../../domain/index.js';
import { StatusChangeRecorder, type StatusChangeRecorderOptions } from './status-change.recorder.js';
import { type EventLoopLag } from './event-loop-lag.js';
import { type Probe } from './probe.js';
import { LeaseLostError, type ProberLease } from './prober-lease.js';
import { SampleRecorder, type SampleRecorderOptions } from './sample.recorder.js';
import { type ReportCursor, type ReportedResult, ReportSampler } from './report-sampler.js';
import { runProbe } from './run-probe.js';

export interface MonitorOptions extends SampleRecorderOptions {
  readonly store: SampleRecorderOptions['store'] & StatusChangeRecorderOptions['store'];
  readonly lease: Pick<ProberLease, 'remoteHolder'>;
  readonly clock: Clock;
  readonly eventLoopLag: EventLoopLag;
}

/**
 * Probes one service, one probe at a time, and records samples and status changes while this process holds the lease.
 * Probing continues while the store is unreachable.
 */
export class ServiceMonitor implements LiveService {
  readonly #changes: StatusChangeRecorder;
  readonly #samples: SampleRecorder;
  #stop = new AbortController();
  #probing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #deactivating: Promise<void> = Promise.resolve();
  #isActive = false;
  #isStoreUnreachable = false;
  #lastAt = 0;
  readonly #configuredAt: number;
  /** Of the samples: in order, and each at its own moment, if the wall clock is set back. */
  readonly #time: AdvancingTime;
  #lastProbe: ProbeAttempt | undefined;

  constructor(
    readonly service: MonitoredService,
    /** Undefined for a paused service. */
    private readonly source: Probe | ReportSampler | undefined,
    private readonly options: MonitorOptions,
  ) {
    this.#configuredAt = options.clock.now();
    this.#changes = new StatusChangeRecorder(service, options);
    this.#samples = new SampleRecorder(service, options);
    this.#time = new AdvancingTime(options.clock);
  }

  get latestChanges(): readonly StatusChange[] {
    return this.#isActive ? this.#changes.latestChanges : [];
  }

  get covered(): readonly TimeRange[] {
    const remote = this.#isActive || !this.source ? undefined : this.options.lease.remoteHolder;
    if (!remote) return this.#samples.covered;
    // The other replica probes a new or resumed service from when its file says so, which is about when ours does.
    const from = Math.max(remote.since, this.#configuredAt);
    return from < remote.until ? [{ from, to: remote.until }] : [];
  }

  get lastProbe(): ProbeAttempt | undefined {
    return this.#isActive ? this.#lastProbe : undefined;
  }

  /** Whether the streams have been read, if this process probes. */
  get isReady(): boolean {
    return !this.#isActive || (this.#changes.isReady && (this.#sampler?.isReady ?? true));
  }

  /** Whether {@link probeOnce} must be called at each interval. */
  get isScheduled(): boolean {
    return this.#probe !== undefined;
  }

  /**
   * Starts probing after this process has acquired the lease: loads the state from the streams, with a retry after each
   * probe.
   */
  async activate(): Promise<void> {
    await this.#deactivating;
    // A running flush is based on the state that is reset below.
    await this.flushed();
    this.#isActive = true;
    this.#stop = new AbortController();
    this.#changes.reset(this.#samples.restore(), this.options.clock.now());
    await this.#flush(false);
    if (this.#isActive)
      this.#sampler?.start({ resume: () => this.#resumeReports(), onResult: (reported) => this.#onReported(reported) });
  }

  /** Forgets what was read from a store that was replaced. The samples in the spool are recorded in the new one. */
  forgetStore(): void {
    this.#samples.forgetStore();
    this.#changes.reset(this.#samples.restore(), this.options.clock.now());
    if (!this.#sampler) return;
    this.#sampler.stop();
    // Reports of the new store may be older than those of the one before.
    this.#lastAt = 0;
  }

  /**
   * Probes once; a call during a running probe waits for that probe.
   *
   * Resolves with the sample queued; it is recorded in the background (see {@link flushed}).
   */
  probeOnce(): Promise<void> {
    this.#probing ??= this.#runProbe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** Resolves when no flush is running. */
  async flushed(): Promise<void> {
    await this.#flushing;
  }

  /** Records the spooled samples, even if another replica holds the lease. @returns whether the spool is empty */
  async flushSamples(): Promise<boolean> {
    await this.#flush(true);
    return this.#samples.pendingCount === 0;
  }

  /**
   * Stops probing after another replica has acquired the lease. Discards the samples after the end of this process's
   * validity, and records the samples before it.
   *
   * @param validUntil in milliseconds since 1970
   */
  deactivate(validUntil: number): Promise<void> {
    this.#isActive = false;
    this.#sampler?.stop();
    this.#stop.abort();
    this.#deactivating = this.#discardAndFlush(validUntil);
    return this.#deactivating;
  }

  /**
   * Cancels a running probe, and records the spooled samples.
   *
   * @param withinMs limit for the recording; the remaining samples stay in the spool
   */
  async stop(withinMs: number): Promise<void> {
    this.#stop.abort();
    this.#sampler?.stop();
    await this.#probing;
    await settleWithin(
      withinMs,
      this.flushed().then(() => this.#flush(true)),
    );
    await this.#probe?.close?.();
    const { pendingCount } = this.#samples;
    if (this.#isActive && pendingCount > 0)
      this.options.log.warn(
        `${this.service.name}: stopped with ${pendingCount} samples in the spool; they are recorded after the next start`,
      );
    this.#isActive = false;
  }

  async #discardAndFlush(validUntil: number): Promise<void> {
    await this.#probing;
    await this.flushed();
    this.#samples.discardAfter(validUntil);
    await this.#flush(true);
  }

  get #probe(): Probe | undefined {
    return this.source instanceof ReportSampler ? undefined : this.source;
  }

  get #sampler(): ReportSampler | undefined {
    return this.source instanceof ReportSampler ? this.source : undefined;
  }

  async #runProbe(): Promise<void> {
    if (!this.#isActive || !this.#probe) return;
    const at = Math.max(this.#time.now(), this.#lastAt);
    this.#lastAt = at;
    const attempt = await runProbe(this.#probe, this.service, at, this.#stop.signal, this.options);
    if (attempt) this.#add(attempt);
  }

  async #resumeReports(): Promise<ReportCursor> {
    const cursor = await this.#samples.readReportCursor();
    this.#lastAt = Math.max(this.#lastAt, cursor.sampledUntil);
    return cursor;
  }

  #onReported({ at: reportedAt, result, revision }: ReportedResult): void {
    // Several reports may have one timestamp, and the clocks of replicas differ: samples are in order and distinct.
    const at = Math.max(Math.min(reportedAt, this.#time.now()), this.#lastAt + 1);
    this.#lastAt = at;
    const sample = toSample({ at, ...result }, this.service.grades);
    this.#add({
      sample: revision === undefined ? sample : { ...sample, reportRevision: revision.toString() },
      result: { ...result, delay: 0 },
    });
  }

  #add(attempt: ProbeAttempt): void {
    this.#lastProbe = attempt;
    this.#changes.add(attempt.sample);
    this.#samples.add(attempt.sample);
    void this.#flush(false);
  }

  /**
   * Records pending changes and samples; single-flight. Never rejects: what fails is retried by the next flush.
   *
   * @param force also records samples whose window is not full
   */
  #flush(force: boolean): Promise<void> {
    this.#flushing ??= this.#tryFlush(force).finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #tryFlush(force: boolean): Promise<void> {
    const { log } = this.options;
    try {
      do {
        const hasChanged = this.#isActive && (await this.#changes.flush());
        // The replica that probes makes samples from the reports, whichever replica received them.
        if (!this.#isActive && this.#sampler) this.#samples.discardAll();
        // A change is recorded together with its samples, and before them.
        const before = (): number => (this.#isActive ? this.#changes.firstPendingAt : Infinity);
        if (force || hasChanged || this.#samples.isDue(this.#time.now()))
          await this.#samples.flush(this.#isActive, before);
      } while (this.#isActive && this.#changes.pendingCount > 0);
      if (this.#isStoreUnreachable) log.info(`${this.service.name}: recording has resumed`);
      this.#isStoreUnreachable = false;
    } catch (error) {
      // The listener of the lease deactivates this monitor.
      if (error instanceof LeaseLostError) return;
      if (!(error instanceof DomainError))
        log.error(`${this.service.name}: recording failed; retried after the next probe`, error);
      else if (!this.#isStoreUnreachable)
        log.warn(`${this.service.name}: recording failed; retried after each probe: ${error.message}`);
      this.#isStoreUnreachable = true;
    }
  }
}
