import {
  type AppendResult,
  type Clock,
  ConnectionError,
  createEventId,
  type EventStore,
  isEvent,
  lastEventOf,
  type RandomString,
  type RecordedEvent,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import { VISIBLE_WITHIN_MS } from '../../../event-store/commands/index.js';
import { type Projection, type ReadModels } from '../../../event-store/index.js';
import {
  PROBE_REPORTS_PREFIX,
  probeReportsStream,
  type ServiceReport,
  ServiceReported,
  toServiceReported,
} from '../../domain/index.js';
import { type ReceivedReport, type ReportListener, type ReportSource } from '../application/index.js';

/** Retention of a service's reports: as many as can wait for a replica that probes. */
const MAX_REPORTS = 10_000;
const PAGE_SIZE = 500;
/** Clock difference between replicas up to which no report counts as older than it is. */
const MAX_CLOCK_DIFFERENCE_MS = 10_000;

export interface PushReportsOptions {
  readonly store: Pick<
    EventStore,
    'appendToStream' | 'createStream' | 'readStream' | 'getStreamMetadata' | 'setStreamMetadata'
  >;
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
export class PushReports implements ReportSource {
  readonly #model: Projection;
  readonly #listeners = new Map<string, Set<ReportListener>>();
  /** The last arrival for each service, so that it keeps its time when it is read again. */
  readonly #arrivals = new Map<string, { readonly eventId: string; readonly at: number }>();
  readonly #ready = new Set<string>();
  #readableSince: number | undefined;

  constructor(private readonly options: PushReportsOptions) {
    const { models, clock } = options;
    this.#model = models.project({
      name: 'push-reports',
      source: { streamNamePrefixes: [PROBE_REPORTS_PREFIX], after: 'end' },
      apply: (events) => events.forEach((event) => this.#apply(event)),
      clear: () => this.#clear(),
    });
    this.#model.listen({
      onCaughtUp: () => {
        this.#readableSince ??= clock.monotonic();
        this.#notifyAll((listener) => listener.onReadable());
      },
      onInterrupted: () => this.#becomeUnreadable(),
    });
  }

  get readableSince(): number | undefined {
    return this.#readableSince;
  }

  listen(service: string, listener: ReportListener): () => void {
    const listeners = this.#listeners.get(service) ?? new Set();
    this.#listeners.set(service, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Records a report. If this replica probes, the report counts before this resolves, also while the store is
   * unreachable.
   *
   * @returns when it was received, in milliseconds since 1970, and the id of its event
   * @throws errors of the store: the other replicas do not have the report then
   */
  async record(service: string, report: ServiceReport): Promise<{ readonly at: number; readonly eventId: string }> {
    const { store, clock, random } = this.options;
    const at = clock.now();
    const eventId = createEventId(at, random);
    const arrivedAt = clock.monotonic();
    let recorded: AppendResult;
    try {
      await this.#prepareStream(service);
      recorded = await store.appendToStream(
        probeReportsStream(service),
        toServiceReported(service, report, at, eventId),
      );
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TimeoutError)
        this.#notify(service, { report, receivedAt: at, arrivedAt, eventId, revision: undefined });
      throw error;
    }
    // Recorded is enough for the reporter: the replica that probes reads it in any case.
    if (recorded.position && this.#readableSince !== undefined)
      await this.#model.waitFor(recorded.position, VISIBLE_WITHIN_MS);
    return { at, eventId };
  }

  async last(service: string): Promise<ReceivedReport | undefined> {
    const event = await lastEventOf(this.options.store, probeReportsStream(service));
    return event && this.#toReceived(event);
  }

  async after(service: string, revision: bigint | undefined): Promise<readonly ReceivedReport[]> {
    const found: ReceivedReport[] = [];
    try {
      for (let from = revision === undefined ? 0n : revision + 1n; ;) {
        const events = await this.options.store.readStream(probeReportsStream(service), { from, limit: PAGE_SIZE });
        for (const event of events) {
          const received = this.#toReceived(event);
          if (received) found.push(received);
        }
        const last = events.at(-1);
        if (!last) return found;
        from = last.revision + 1n;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return found;
      throw error;
    }
  }

  /** Creates the stream, or applies the retention to one of an earlier version. */
  async #prepareStream(service: string): Promise<void> {
    if (this.#ready.has(service)) return;
    const { store } = this.options;
    const name = probeReportsStream(service);
    const { created } = await store.createStream({
      name,
      description: `Reports of the service '${service}' about itself`,
      tags: ['uptime', 'reports', service],
      owner: 'system',
      maxCount: MAX_REPORTS,
    });
    if (!created) {
      const { metadata, revision } = await store.getStreamMetadata(name);
      if (metadata.maxCount !== MAX_REPORTS)
        await store
          .setStreamMetadata(name, { ...metadata, maxCount: MAX_REPORTS }, { expectedRevision: revision })
          .catch(unlessAnotherReplicaDid);
    }
    this.#ready.add(service);
  }

  #clear(): void {
    this.#ready.clear();
    this.#arrivals.clear();
    this.#becomeUnreadable();
  }

  #becomeUnreadable(): void {
    this.#readableSince = undefined;
    this.#notifyAll((listener) => listener.onUnreadable());
  }

  #apply(event: RecordedEvent): void {
    const received = this.#toReceived(event);
    if (!received) return;
    const { serviceName } = event.data as ServiceReported;
    this.#arrivals.set(serviceName, { eventId: event.eventId, at: received.arrivedAt });
    this.#notify(serviceName, received);
  }

  /** Undefined for an event that is not a report. */
  #toReceived(event: RecordedEvent): ReceivedReport | undefined {
    if (!isEvent(event, ServiceReported)) return undefined;
    const { clock } = this.options;
    const { serviceName, ...report } = event.data;
    const { eventId, revision } = event;
    const receivedAt = Date.parse(event.timestamp);
    if (Number.isNaN(receivedAt)) return undefined;
    const known = this.#arrivals.get(serviceName);
    const arrivedAt =
      known?.eventId === eventId
        ? known.at
        : clock.monotonic() - Math.max(0, clock.now() - receivedAt - MAX_CLOCK_DIFFERENCE_MS);
    return { report, receivedAt, arrivedAt, eventId, revision };
  }

  #notify(service: string, report: ReceivedReport): void {
    for (const listener of this.#listeners.get(service) ?? []) listener.onReport(report);
  }

  #notifyAll(notify: (listener: ReportListener) => void): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) notify(listener);
  }
}

function unlessAnotherReplicaDid(error: unknown): void {
  if (!(error instanceof WrongExpectedRevisionError)) throw error;
}
