import { type MonitoredService } from '../../domain/index.js';
import { type EventLoopLag } from './event-loop-lag.js';
import { type Log } from './log.js';
import { type LeaseListener, type ProberLease } from './prober-lease.js';
import { type ServiceMonitor } from './service-monitor.js';
import { type Spool } from './spool.js';
import { type ProbeScheduler } from './probe-scheduler.js';

/** Monitors that load their state concurrently after the lease has been acquired. */
const MAX_CONCURRENT_STARTS = 32;
/** Limit for recording the samples of a service that is removed, in milliseconds. */
const STOP_WITHIN_MS = 2_000;
/** Wait for the store before probing resumes for the predecessor, in milliseconds. */
const RESUME_AFTER_MS = 1_000;
/** Interval of attempts to record the samples of the predecessor, in milliseconds. */
const RETRY_AFTER_MS = 10_000;

/** The process that used the spool before. */
export interface Predecessor {
  /** Its id as lease holder; undefined on the first start. */
  readonly holder: string | undefined;
  /** End of its last validity as lease holder, in milliseconds since 1970. */
  readonly validUntil: number;
}

export interface ProberOptions {
  readonly lease: ProberLease;
  readonly scheduler: ProbeScheduler;
  readonly spool: Spool & { setValidUntil(at: number): void; readonly failure?: Error | undefined };
  readonly predecessor: Predecessor;
  readonly eventLoopLag: EventLoopLag & { start(): void; stop(): void };
  readonly monitor: (service: MonitoredService) => ServiceMonitor;
  readonly log: Log;
}

/** Probes the configured services while this process holds the lease. */
export class Prober implements LeaseListener {
  readonly #monitors = new Map<string, ServiceMonitor>();
  readonly #listeners = new Set<() => void>();
  #changing: Promise<void> = Promise.resolve();
  #isProbing = false;
  #hasHeldLease = false;
  #isStopped = false;
  #resumeTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param services until {@link setServices} */
  constructor(
    private readonly options: ProberOptions,
    services: readonly MonitoredService[],
  ) {
    for (const service of services) this.#monitors.set(service.name, options.monitor(service));
  }

  /** By name, in the order of the configuration. */
  get monitors(): ReadonlyMap<string, ServiceMonitor> {
    return this.#monitors;
  }

  /** Why samples are kept in memory only at the moment. */
  get spoolFailure(): Error | undefined {
    return this.options.spool.failure;
  }

  /** Whether it is known which process probes: this one or another. True after {@link stop}. */
  get isLeaseSettled(): boolean {
    return (
      this.#isStopped || this.#isProbing || this.options.lease.isHeld || this.options.lease.remoteHolder !== undefined
    );
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#schedule();
    this.options.lease.start(this);
    this.#resumeTimer = setTimeout(() => this.#resumeForPredecessor(), RESUME_AFTER_MS);
  }

  /** Replaces the services. Unchanged services are not interrupted; a removed one keeps its history. */
  setServices(services: readonly MonitoredService[]): Promise<void> {
    // A failure must not block the next change.
    this.#changing = this.#changing
      .then(() => this.#replaceMonitors(services))
      .catch((error: unknown) => this.options.log.error('The changed services could not be applied', error));
    return this.#changing;
  }

  /** Stops probing, records the spooled samples, and releases the lease. @param withinMs limit for the recording */
  async stop(withinMs: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#resumeTimer);
    this.options.scheduler.stop();
    await this.#changing;
    await Promise.all([...this.#monitors.values()].map((monitor) => monitor.stop(withinMs)));
    await this.options.lease.stop();
    this.options.eventLoopLag.stop();
  }

  /** Loads the state of all services from the store again, which was replaced; probing continues meanwhile. */
  onStoreReplaced(): void {
    if (this.#isStopped) return;
    for (const monitor of this.#monitors.values()) monitor.forgetStore();
    void this.options.lease.restart();
  }

  onAcquired(from: string | undefined): void {
    const { predecessor, spool, log } = this.options;
    if (!this.#hasHeldLease && from !== predecessor.holder) this.#discardAfter(predecessor.validUntil);
    this.#hasHeldLease = true;
    for (const service of spool.services().filter((name) => !this.#monitors.has(name))) {
      log.warn(`${service}: discarded ${spool.removeAfter(service, -1)} samples: the service is no longer configured`);
    }
    this.#startProbing();
  }

  onRenewed(validUntil: number): void {
    this.options.spool.setValidUntil(validUntil);
  }

  onHeldByOther(): void {
    if (this.#isProbing) this.onLost(this.options.predecessor.validUntil);
    else this.#discardAfter(this.options.predecessor.validUntil);
    void this.#flushPredecessorSamples();
  }

  onLost(validUntil: number): void {
    this.#isProbing = false;
    this.options.scheduler.stop();
    this.options.eventLoopLag.stop();
    for (const monitor of this.#monitors.values()) void monitor.deactivate(validUntil);
  }

  #startProbing(): void {
    this.#isProbing = true;
    this.options.eventLoopLag.start();
    this.options.scheduler.start();
    void activateAll([...this.#monitors.values()]);
  }

  /**
   * While the store is unreachable, or has no room, no replica can acquire the lease, and the predecessor was the last
   * known holder. The samples are recorded only if no other replica is found to be the holder when the store is
   * writable again.
   */
  #resumeForPredecessor(): void {
    if (!this.options.lease.isWithAnother && this.options.predecessor.validUntil > 0) this.#startProbing();
  }

  /** Records the spooled samples of the predecessor while another replica probes. */
  async #flushPredecessorSamples(): Promise<void> {
    const recorded = await Promise.all([...this.#monitors.values()].map((monitor) => monitor.flushSamples()));
    if (recorded.every((isEmpty) => isEmpty) || this.#isProbing || this.#isStopped) return;
    setTimeout(() => void this.#flushPredecessorSamples(), RETRY_AFTER_MS);
  }

  /** Discards the spooled samples after a time: another replica may have probed since. */
  #discardAfter(at: number): void {
    const { spool, log } = this.options;
    for (const service of spool.services()) {
      const discarded = spool.removeAfter(service, at);
      if (discarded > 0)
        log.warn(
          `${service}: discarded ${discarded} samples from before the start: another replica probed at that time`,
        );
    }
  }

  async #replaceMonitors(services: readonly MonitoredService[]): Promise<void> {
    const before = new Map(this.#monitors);
    this.#monitors.clear();
    const added: ServiceMonitor[] = [];
    for (const service of services) {
      const existing = before.get(service.name);
      if (existing && isEqual(existing.service, service)) {
        this.#monitors.set(service.name, existing);
        before.delete(service.name);
      } else {
        const monitor = this.options.monitor(service);
        this.#monitors.set(service.name, monitor);
        added.push(monitor);
      }
    }
    this.#schedule();
    // The old monitor of a service records its samples before the new one loads the state from the streams.
    await Promise.all([...before.values()].map((monitor) => monitor.stop(STOP_WITHIN_MS)));
    if (this.#isProbing) await activateAll(added);
    for (const listener of this.#listeners) listener();
  }

  #schedule(): void {
    this.options.scheduler.set(
      [...this.#monitors.values()]
        .filter(({ isScheduled }) => isScheduled)
        .map((monitor) => ({
          name: monitor.service.name,
          intervalMs: monitor.service.intervalMs,
          jitterMs: monitor.service.jitterMs,
          run: () => monitor.probeOnce(),
        })),
    );
  }
}

async function activateAll(monitors: readonly ServiceMonitor[]): Promise<void> {
  const queue = [...monitors];
  const activateNext = async (): Promise<void> => {
    for (let monitor = queue.shift(); monitor; monitor = queue.shift()) await monitor.activate();
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_STARTS }, activateNext));
}

/** Compares the JSON, whose member order is the same because both were made by the same code. */
function isEqual(one: MonitoredService, other: MonitoredService): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
