import { isEvent } from '../../src/event-store/domain/index.js';
import {
  LeaseLostError,
  type Log,
  type Probe,
  type ReportSampler,
  ServiceMonitor,
} from '../../src/uptime/probing/application/index.js';
import { ProbesRecorded, type Sample, decodeSamples, ServiceStatusChanged } from '../../src/uptime/domain/index.js';
import { MemoryEventStore } from './memory-event-store.js';
import { FakeProbe, HTTP, ManualClock, NOON, uptimeEvents } from './probed-service.js';
import { TemporarySpool } from './temporary-spool.js';

export const CHANGES_STREAM = 'service-uptime-http';
export const SAMPLES_STREAM = 'system-probe-samples-http';

/** Creates a service with an active monitor before each test of a suite. */
export function useMonitored(): Monitored {
  const given = new Monitored();
  beforeEach(async () => {
    Object.assign(given, new Monitored());
    given.monitor = await given.start();
  });
  afterEach(() => given.spool.remove());
  return given;
}

/** A monitored service with a fake store, clock and probe. */
export class Monitored {
  readonly store = new MemoryEventStore(uptimeEvents());
  readonly clock = new ManualClock();
  readonly probe = new FakeProbe();
  readonly spool = new TemporarySpool();
  readonly logged: string[] = [];
  /** Lines with fields: those of status changes. */
  readonly loggedChanges: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  readonly log: Log = {
    info: (message, fields) => this.#write('info', message, fields),
    warn: (message, fields) => this.#write('warn', message, fields),
    error: (message, error) => this.logged.push(`${message}: ${String(error)}`),
  };
  /** Whether this process holds the lease. */
  isProber = true;
  #monitor: ServiceMonitor | undefined;

  /** The active monitor of {@link useMonitored}. */
  get monitor(): ServiceMonitor {
    if (!this.#monitor) throw new Error('no monitor was started');
    return this.#monitor;
  }

  set monitor(monitor: ServiceMonitor) {
    this.#monitor = monitor;
  }

  async start(
    proberId = 'prober1',
    service = HTTP,
    source: Probe | ReportSampler = this.probe,
  ): Promise<ServiceMonitor> {
    const { store, clock, log } = this;
    const monitor = new ServiceMonitor(service, source, {
      store,
      clock,
      log,
      proberId,
      spool: this.spool.open(),
      sampleWindowMs: 60_000,
      samplesMaxAge: 7_776_000,
      eventLoopLag: { total: () => 0 },
      writer: {
        append: async (write) => {
          if (!this.isProber) throw new LeaseLostError();
          return store.appendToStream(write.streamName, write.events, write);
        },
        assertHeld: () => (this.isProber ? Promise.resolve() : Promise.reject(new LeaseLostError())),
      },
      lease: { remoteHolder: undefined },
    });
    await monitor.activate();
    return monitor;
  }

  /** Probes `times` times, ten seconds apart. */
  async run(times: number, monitor = this.monitor): Promise<void> {
    for (let index = 0; index < times; index++) {
      await monitor.probeOnce();
      await monitor.flushed();
      this.clock.advance(HTTP.intervalMs);
    }
  }

  #write(level: string, message: string, fields: object | undefined): void {
    if (fields) this.loggedChanges.push({ level, message, fields });
    else this.logged.push(message);
  }

  changes(): ServiceStatusChanged[] {
    return this.store
      .eventsOf(CHANGES_STREAM)
      .flatMap((event) => (isEvent(event, ServiceStatusChanged) ? [event.data] : []));
  }

  /** The recorded changes, as `status@seconds after the start`. */
  recordedChanges(): string[] {
    return this.changes().map(({ status, timestamp }) => `${status}@${(Date.parse(timestamp) - NOON) / 1_000}`);
  }

  samples(): Sample[] {
    return this.store
      .eventsOf(SAMPLES_STREAM)
      .flatMap((event) => (isEvent(event, ProbesRecorded) ? decodeSamples(event.data) : []));
  }

  /** Indices of the recorded samples, ten seconds apart, from 0. */
  sampleNumbers(): number[] {
    return this.samples().map(({ at }) => (at - NOON) / HTTP.intervalMs);
  }
}
