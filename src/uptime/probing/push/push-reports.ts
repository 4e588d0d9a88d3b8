import { settleWithin } from '../../../common/wait.js';
import {
  type Clock,
  createEventId,
  type EventStore,
  isEvent,
  type RandomString,
  type RecordedEvent,
  StreamDeletedError,
  DomainError,
  StreamNotFoundError,
} from '../../../event-store/domain/index.js';
import { type ReadModels } from '../../../event-store/index.js';
import {
  PROBE_REPORTS_PREFIX,
  probeReportsStream,
  type ServiceReport,
  ServiceReported,
  toServiceReported,
} from '../../domain/index.js';

/** Retention of a service's reports; only the last one is used. */
const MAX_REPORTS = 10;
/** Clock difference between replicas up to which no report counts as older than it is. */
const MAX_CLOCK_DIFFERENCE_MS = 10_000;

/** The last report of a service. */
export interface ReceivedReport {
  readonly report: ServiceReport;
  /** Time of the report on this process' monotonic clock. */
  readonly at: number;
  readonly eventId: string;
}

/** The reports of a service as far as this replica has read them. */
export interface ReportState {
  readonly last: ReceivedReport | undefined;
  /** Time on the monotonic clock since which all reports are read; undefined while some may be missing. */
  readonly since: number | undefined;
}

export interface PushReportsOptions {
  readonly store: Pick<EventStore, 'appendToStream' | 'createStream' | 'readStream'>;
  readonly models: Pick<ReadModels, 'project'>;
  readonly clock: Clock;
  readonly random: RandomString;
}

/**
 * Pushed reports of services, received by any replica: each is an event in the stream of its service, to which every
 * replica subscribes.
 *
 * The age of a report is measured from its arrival here, because the clocks of replicas differ; if the event's
 * timestamp is much older, as after a start, the timestamp counts. A report of another replica that is read after a
 * start may therefore count as up to ten seconds younger; none counts as older while the clocks differ by less than
 * that.
 */
export class PushReports {
  readonly #last = new Map<string, ReceivedReport>();
  /** Services whose stream has been read since the subscription last caught up. */
  readonly #read = new Set<string>();
  readonly #reading = new Map<string, Promise<void>>();
  readonly #created = new Set<string>();
  #since: number | undefined;

  constructor(private readonly options: PushReportsOptions) {
    const { models, clock } = options;
    const model = models.project({
      name: 'push-reports',
      source: { streamNamePrefixes: [PROBE_REPORTS_PREFIX], after: 'end' },
      apply: (events) => events.forEach((event) => this.#apply(event)),
    });
    model.listen({
      onCaughtUp: () => (this.#since ??= clock.monotonic()),
      onInterrupted: () => {
        this.#since = undefined;
        this.#read.clear();
      },
    });
  }

  /**
   * Records a report. This replica uses it immediately, even if the store is unreachable.
   *
   * @returns when it was received, in milliseconds since 1970, and the id of its event
   * @throws errors of the store: the other replicas do not have the report then
   */
  async record(service: string, report: ServiceReport): Promise<{ readonly at: number; readonly eventId: string }> {
    const { store, clock, random } = this.options;
    const at = clock.now();
    const eventId = createEventId(at, random);
    this.#last.set(service, { report, at: clock.monotonic(), eventId });
    const streamName = probeReportsStream(service);
    if (!this.#created.has(service)) {
      await store.createStream({
        name: streamName,
        description: `Reports of the service '${service}' about itself`,
        tags: ['uptime', 'reports', service],
        owner: 'system',
        maxCount: MAX_REPORTS,
      });
      this.#created.add(service);
    }
    await store.appendToStream(streamName, toServiceReported(service, report, at, eventId));
    return { at, eventId };
  }

  /**
   * The reports of a service. Reads its stream the first time, and after each interruption of the subscription.
   *
   * @param withinMs limit of the time to wait for that
   */
  async latest(service: string, withinMs: number): Promise<ReportState> {
    if (this.#since !== undefined && !this.#read.has(service)) await this.#readWithin(service, withinMs);
    return { last: this.#last.get(service), since: this.#read.has(service) ? this.#since : undefined };
  }

  async #readWithin(service: string, withinMs: number): Promise<void> {
    const reading = this.#reading.get(service) ?? this.#readLast(service).finally(() => this.#reading.delete(service));
    this.#reading.set(service, reading);
    await settleWithin(withinMs, reading);
  }

  /** After a failure of the store, the next call retries. */
  async #readLast(service: string): Promise<void> {
    const since = this.#since;
    try {
      const events = await this.options.store.readStream(probeReportsStream(service), {
        from: 'end',
        direction: 'backwards',
        limit: MAX_REPORTS,
      });
      events.toReversed().forEach((event) => this.#apply(event));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // No report yet.
      if (!(error instanceof StreamNotFoundError || error instanceof StreamDeletedError)) return;
    }
    if (this.#since === since) this.#read.add(service);
  }

  #apply(event: RecordedEvent): void {
    if (!isEvent(event, ServiceReported)) return;
    const { clock } = this.options;
    const { serviceName, ...report } = event.data;
    const last = this.#last.get(serviceName);
    if (last?.eventId === event.eventId) return;
    const received = Date.parse(event.timestamp);
    // Not an event of this service.
    if (Number.isNaN(received)) return;
    const at = clock.monotonic() - Math.max(0, clock.now() - received - MAX_CLOCK_DIFFERENCE_MS);
    if (!last || at >= last.at) this.#last.set(serviceName, { report, at, eventId: event.eventId });
  }
}
