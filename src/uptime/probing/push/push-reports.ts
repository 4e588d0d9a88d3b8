import { settleWithin } from '../../../common/wait.js';
import {
  type Clock,
  createEventId,
  type EventStore,
  type EventSubscription,
  isEvent,
  type RandomString,
  type RecordedEvent,
  StreamDeletedError,
  DomainError,
  StreamNotFoundError,
} from '../../../event-store/domain/index.js';
import {
  PROBE_REPORTS_PREFIX,
  probeReportsStream,
  type ServiceReport,
  ServiceReported,
  toServiceReported,
} from '../../domain/index.js';

/** More reports than this of a service are not kept: only the last one says anything. */
const KEPT_REPORTS = 10;
/** What the clocks of two replicas may differ by without a report being taken for older than it is. */
const MAX_CLOCK_DIFFERENCE_MS = 10_000;

/** The last report of a service. */
export interface HeardReport {
  readonly report: ServiceReport;
  /** When it was made, by this process' monotonic clock. */
  readonly at: number;
  readonly eventId: string;
}

/** What is known of the reports of one service. */
export interface HeardReports {
  readonly last: HeardReport | undefined;
  /** Since when no report was missed, by the monotonic clock; undefined while some may be. */
  readonly since: number | undefined;
}

export interface PushReportsOptions {
  readonly store: Pick<EventStore, 'appendToStream' | 'createStream' | 'readStream' | 'subscribeToAll'>;
  readonly clock: Clock;
  readonly random: RandomString;
}

/**
 * The reports of the services that report in, whichever replica received them: each is an event in the service's own stream, and every
 * replica follows these streams.
 *
 * How old a report is, is told by the time that it arrived here, for the clocks of replicas differ; and by the time that stands in the
 * event where it arrived much later than that, as after a start. So a report of another replica that is read after a start may count
 * as ten seconds younger than it is, once; none counts as older, as long as the clocks differ by less than that.
 */
export class PushReports {
  readonly #last = new Map<string, HeardReport>();
  /** Services whose stream has been read since the feed has been there without a break. */
  readonly #read = new Set<string>();
  readonly #reading = new Map<string, Promise<void>>();
  readonly #created = new Set<string>();
  #since: number | undefined;
  #subscription: EventSubscription | undefined;

  constructor(private readonly options: PushReportsOptions) {}

  start(): void {
    this.#subscription ??= this.options.store.subscribeToAll({
      after: 'end',
      filter: { streamNamePrefixes: [PROBE_REPORTS_PREFIX] },
      onBatch: ({ events }) => events.forEach((event) => this.#hear(event)),
      onCaughtUp: () => (this.#since ??= this.options.clock.monotonic()),
      onInterrupted: () => {
        this.#since = undefined;
        this.#read.clear();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
  }

  /**
   * Takes a report in. This process knows it at once, also where the store cannot be reached.
   *
   * @returns when it was received, in milliseconds since 1970, and its event's id
   * @throws errors of the store: the other replicas do not know it then
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
        maxCount: KEPT_REPORTS,
      });
      this.#created.add(service);
    }
    await store.appendToStream(streamName, toServiceReported(service, report, at, eventId));
    return { at, eventId };
  }

  /**
   * What is known of a service's reports. Its stream is read the first time, and after each break.
   *
   * @param withinMs longer than this is not waited for it
   */
  async heard(service: string, withinMs: number): Promise<HeardReports> {
    if (this.#since !== undefined && !this.#read.has(service)) await this.#readWithin(service, withinMs);
    return { last: this.#last.get(service), since: this.#read.has(service) ? this.#since : undefined };
  }

  async #readWithin(service: string, withinMs: number): Promise<void> {
    const reading = this.#reading.get(service) ?? this.#readLast(service).finally(() => this.#reading.delete(service));
    this.#reading.set(service, reading);
    await settleWithin(withinMs, reading);
  }

  /** Where the store fails, that is tried again the next time. */
  async #readLast(service: string): Promise<void> {
    const since = this.#since;
    try {
      const events = await this.options.store.readStream(probeReportsStream(service), {
        from: 'end',
        direction: 'backwards',
        limit: KEPT_REPORTS,
      });
      events.toReversed().forEach((event) => this.#hear(event));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Nobody has reported yet.
      if (!(error instanceof StreamNotFoundError || error instanceof StreamDeletedError)) return;
    }
    if (this.#since === since) this.#read.add(service);
  }

  #hear(event: RecordedEvent): void {
    if (!isEvent(event, ServiceReported)) return;
    const { clock } = this.options;
    const { serviceName, ...report } = event.data;
    const known = this.#last.get(serviceName);
    if (known?.eventId === event.eventId) return;
    const received = Date.parse(event.timestamp);
    // Nobody of us wrote it.
    if (Number.isNaN(received)) return;
    const at = clock.monotonic() - Math.max(0, clock.now() - received - MAX_CLOCK_DIFFERENCE_MS);
    if (!known || at >= known.at) this.#last.set(serviceName, { report, at, eventId: event.eventId });
  }
}
