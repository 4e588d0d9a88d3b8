import { type MonitoredService } from '../../domain/index.js';
import { type EventLoopLag } from './event-loop-lag.js';
import { type Log } from './log.js';
import { type LeaseListener, type ProberLease } from './prober-lease.js';
import { type ServiceMonitor } from './service-monitor.js';
import { type Spool } from './spool.js';
import { type ProbeScheduler } from './probe-scheduler.js';

/** Streams of so many services are read at once when this process becomes the prober. */
const MAX_CONCURRENT_STARTS = 32;
/** How long what waits may take to be recorded when a service is not probed any more, in milliseconds. */
const STOP_WITHIN_MS = 2_000;
/** How long it is waited for the store to say who probes, in milliseconds, where this process may go on for its predecessor. */
const RESUME_AFTER_MS = 1_000;
/** How soon what the predecessor left is tried to be recorded again, in milliseconds. */
const RETRY_AFTER_MS = 10_000;

/** What the process that used the spool before left there. */
export interface Predecessor {
  /** Its name as a holder of the lease; undefined where there was none. */
  readonly holder: string | undefined;
  /** Until when it was sure to be the prober, in milliseconds since 1970. */
  readonly validUntil: number;
}

export interface ProberOptions {
  readonly lease: ProberLease;
  readonly scheduler: ProbeScheduler;
  readonly spool: Spool & { setValidUntil(at: number): void };
  readonly predecessor: Predecessor;
  readonly eventLoopLag: EventLoopLag & { start(): void; stop(): void };
  readonly monitor: (service: MonitoredService) => ServiceMonitor;
  readonly log: Log;
}

/** Probes the configured services for as long as this process holds the lease; only knows of them otherwise. */
export class Prober implements LeaseListener {
  readonly #monitors = new Map<string, ServiceMonitor>();
  #changing: Promise<void> = Promise.resolve();
  #isProbing = false;
  #hasBeenProber = false;
  #isStopped = false;
  #resumeTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param services what is probed until {@link change} says otherwise */
  constructor(
    private readonly options: ProberOptions,
    services: readonly MonitoredService[],
  ) {
    for (const service of services) this.#monitors.set(service.name, options.monitor(service));
  }

  /** By name, in the order they are configured in. */
  get monitors(): ReadonlyMap<string, ServiceMonitor> {
    return this.#monitors;
  }

  /** Whether it is known who probes: this process, or another one; and where it has been stopped, nobody asks any more. */
  get isSettled(): boolean {
    return this.#isStopped || this.options.lease.isMine || this.options.lease.remoteHolder !== undefined;
  }

  start(): void {
    this.#schedule();
    this.options.lease.start(this);
    this.#resumeTimer = setTimeout(() => this.#resumeForPredecessor(), RESUME_AFTER_MS);
  }

  /** Probes these from now on. Services that stay as they are go on undisturbed; one that is gone keeps its history. */
  change(services: readonly MonitoredService[]): Promise<void> {
    // One that fails must not stand in the way of the next.
    this.#changing = this.#changing
      .then(() => this.#changeTo(services))
      .catch((error: unknown) => this.options.log.error('The services to probe could not be changed', error));
    return this.#changing;
  }

  /** Ends all probes, records what waits, and gives the lease back. @param withinMs no longer than this for the recording */
  async stop(withinMs: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#resumeTimer);
    this.options.scheduler.stop();
    await this.#changing;
    await Promise.all([...this.#monitors.values()].map((monitor) => monitor.stop(withinMs)));
    await this.options.lease.stop();
    this.options.eventLoopLag.stop();
  }

  onAcquired(from: string | undefined): void {
    const { predecessor, spool, log } = this.options;
    if (!this.#hasBeenProber && from !== predecessor.holder) this.#discardAfter(predecessor.validUntil);
    this.#hasBeenProber = true;
    for (const service of spool.services().filter((name) => !this.#monitors.has(name))) {
      log.warn(`${service}: ${spool.removeAfter(service, -1)} samples are not recorded: it is not configured any more`);
    }
    this.#probe();
  }

  onRenewed(validUntil: number): void {
    this.options.spool.setValidUntil(validUntil);
  }

  onHeldByOther(): void {
    if (this.#isProbing) this.onLost(this.options.predecessor.validUntil);
    else this.#discardAfter(this.options.predecessor.validUntil);
    void this.#recordLeft();
  }

  onLost(validUntil: number): void {
    this.#isProbing = false;
    this.options.scheduler.stop();
    this.options.eventLoopLag.stop();
    for (const monitor of this.#monitors.values()) void monitor.handOver(validUntil);
  }

  #probe(): void {
    this.#isProbing = true;
    this.options.eventLoopLag.start();
    this.options.scheduler.start();
    void startAll([...this.#monitors.values()]);
  }

  /**
   * The store is away, so that nobody can take the lease; the process before this one was the last that was sure to have it. What is
   * found now counts if that is still so when the store is back.
   */
  #resumeForPredecessor(): void {
    if (!this.options.lease.isKnown && this.options.predecessor.validUntil > 0) this.#probe();
  }

  /** Records what the predecessor left, while another replica probes. */
  async #recordLeft(): Promise<void> {
    const recorded = await Promise.all([...this.#monitors.values()].map((monitor) => monitor.recordSamples()));
    if (recorded.every((isDone) => isDone) || this.#isProbing || this.#isStopped) return;
    setTimeout(() => void this.#recordLeft(), RETRY_AFTER_MS);
  }

  /** What this process's predecessor found when another replica may have been the prober already. */
  #discardAfter(at: number): void {
    const { spool, log } = this.options;
    for (const service of spool.services()) {
      const left = spool.removeAfter(service, at);
      if (left > 0)
        log.warn(
          `${service}: ${left} samples from before the start are not recorded: another replica probed at that time`,
        );
    }
  }

  async #changeTo(services: readonly MonitoredService[]): Promise<void> {
    const before = new Map(this.#monitors);
    this.#monitors.clear();
    const begun: ServiceMonitor[] = [];
    for (const service of services) {
      const known = before.get(service.name);
      if (known && isSame(known.service, service)) {
        this.#monitors.set(service.name, known);
        before.delete(service.name);
      } else {
        const monitor = this.options.monitor(service);
        this.#monitors.set(service.name, monitor);
        begun.push(monitor);
      }
    }
    this.#schedule();
    // What a service's old monitor has found must be recorded before its new one takes the state from the streams.
    await Promise.all([...before.values()].map((monitor) => monitor.stop(STOP_WITHIN_MS)));
    if (this.#isProbing) await startAll(begun);
  }

  #schedule(): void {
    this.options.scheduler.set(
      [...this.#monitors.values()].map((monitor) => ({
        name: monitor.service.name,
        intervalMs: monitor.service.intervalMs,
        jitterMs: monitor.service.jitterMs,
        run: () => monitor.probeOnce(),
      })),
    );
  }
}

async function startAll(monitors: readonly ServiceMonitor[]): Promise<void> {
  const left = [...monitors];
  const begin = async (): Promise<void> => {
    for (let monitor = left.shift(); monitor; monitor = left.shift()) await monitor.begin();
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_STARTS }, begin));
}

/** Both were made by the same code: equal configurations have equal texts. */
function isSame(one: MonitoredService, other: MonitoredService): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
