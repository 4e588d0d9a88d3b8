import { toTimestamp } from '../../../common/time.js';
import {
  type EventStore,
  InsufficientStorageError,
  isEvent,
  lastEventOf,
  serviceUptimeStream,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import {
  createUptimeStream,
  evolve,
  maxSampleGapMs,
  applySample,
  type MonitoredService,
  INITIAL_DETECTOR_STATE,
  probeSamplesStream,
  ProbesRecorded,
  rebaseChanges,
  type Sample,
  decodeSamples,
  type ServiceStatus,
  ServiceStatusChanged,
  type StatusChange,
  fromServiceStatusChanged,
  toServiceStatusChanged,
  type StatusDetectorState,
} from '../../domain/index.js';
import { type FencedWriter } from './fenced-writer.js';
import { type Log } from './log.js';
import { logStatusChange } from './log-status-change.js';

/** Limits of the queues during an outage of the store: enough for several days. */
const MAX_PENDING_SAMPLES = 20_000;
const MAX_PENDING_CHANGES = 5_000;
/** Conflicts with other writers per flush. */
const MAX_CONFLICTS = 5;
const PAGE_SIZE = 50;

/** State of the stream after the last read or append. */
interface StreamState {
  readonly revision: bigint | 'no_stream';
  readonly last: StatusChange | undefined;
}

export interface StatusChangeRecorderOptions {
  readonly store: Pick<EventStore, 'readStream' | 'createStream'>;
  readonly writer: Pick<FencedWriter, 'append'>;
  readonly log: Log;
}

/**
 * Detects status changes of one service in its samples, and appends them to its stream.
 *
 * The streams are the source of truth: the state is loaded from them, and loaded again after a conflict, with the
 * pending changes rebased onto it. While the store is unreachable, changes are queued with their original times. They
 * are appended exactly once, because each append expects a revision and event ids are derived from the changes.
 */
export class StatusChangeRecorder {
  readonly #streamName: string;
  #stream: StreamState | undefined;
  /** The stream does not exist, and cannot be created at the moment. */
  #hasNoRoom = false;
  #state: StatusDetectorState = INITIAL_DETECTOR_STATE;
  #pendingSamples: Sample[] = [];
  /** Samples of the spool, to be applied before the pending ones. */
  #spooledSamples: readonly Sample[] = [];
  /** Time of the first sample to apply, in milliseconds since 1970. */
  #resumesAt = 0;
  /** Time of the last change that was recorded when the state was loaded, in milliseconds since 1970. */
  #decidedUntil = -Infinity;
  #pendingChanges: StatusChange[] = [];

  constructor(
    private readonly service: MonitoredService,
    private readonly options: StatusChangeRecorderOptions,
  ) {
    this.#streamName = serviceUptimeStream(service.name);
  }

  /** The last recorded change and the pending ones, in order. */
  get latestChanges(): readonly StatusChange[] {
    return this.#stream?.last ? [this.#stream.last, ...this.#pendingChanges] : this.#pendingChanges;
  }

  get pendingCount(): number {
    return this.#pendingChanges.length;
  }

  /** Time of the first change that is not recorded, in milliseconds since 1970. */
  get firstPendingAt(): number {
    return this.#pendingChanges[0]?.at ?? Infinity;
  }

  /** Whether the state has been loaded from the stream, or there is neither a stream nor room for one. */
  get isReady(): boolean {
    return this.#stream !== undefined || this.#hasNoRoom;
  }

  /**
   * Discards the state; the next flush loads it from the streams.
   *
   * @param samples not recorded yet, to be applied to the loaded state
   * @param now milliseconds since 1970
   */
  reset(samples: readonly Sample[], now: number): void {
    this.#resumesAt = samples[0]?.at ?? now;
    this.#stream = undefined;
    this.#state = INITIAL_DETECTOR_STATE;
    this.#pendingChanges = [];
    this.#spooledSamples = samples.slice(-MAX_PENDING_SAMPLES);
    this.#pendingSamples = [];
  }

  /** Applies the next sample, or queues it until the state has been loaded. */
  add(sample: Sample): void {
    if (this.#stream) {
      this.#applyLater(sample);
      return;
    }
    this.#pendingSamples.push(sample);
    if (this.#pendingSamples.length > MAX_PENDING_SAMPLES) {
      if (this.#pendingSamples.length === MAX_PENDING_SAMPLES + 1)
        this.options.log.warn(
          `${this.service.name}: more than ${MAX_PENDING_SAMPLES} samples during an outage: status changes in the oldest ones are lost`,
        );
      this.#pendingSamples = this.#pendingSamples.slice(-MAX_PENDING_SAMPLES);
    }
  }

  /**
   * Loads the state if necessary, creates the stream if it does not exist, and appends the pending changes. After an
   * error they stay pending.
   *
   * @returns whether changes were appended
   * @throws LeaseLostError, errors of the store
   */
  async flush(): Promise<boolean> {
    if (!this.#stream) await this.#loadState();
    let hasAppended = false;
    for (let conflicts = 0; this.#pendingChanges.length > 0;) {
      try {
        await this.#append();
        hasAppended = true;
      } catch (error) {
        const isConflict = error instanceof WrongExpectedRevisionError || error instanceof StreamDeletedError;
        if (!isConflict || ++conflicts > MAX_CONFLICTS) throw error;
        await this.#loadState();
      }
    }
    return hasAppended;
  }

  async #append(): Promise<void> {
    const changes = [...this.#pendingChanges];
    const { revision } = await this.options.writer.append({
      streamName: this.#streamName,
      events: changes.map(toServiceStatusChanged),
      expectedRevision: this.#stream?.revision ?? 'no_stream',
    });
    let from: ServiceStatus = this.#stream?.last?.status ?? 'unknown';
    for (const change of changes) {
      logStatusChange(this.options.log, change, from);
      from = change.status;
    }
    const appended = new Set(changes.map(({ eventId }) => eventId));
    this.#stream = { revision, last: changes.at(-1) };
    this.#pendingChanges = this.#pendingChanges.filter(({ eventId }) => !appended.has(eventId));
  }

  /** Loads the state, rebases the pending changes onto it, and applies the pending samples. */
  async #loadState(): Promise<void> {
    const isInitial = this.#stream === undefined;
    const recorded = (await this.#read()) ?? (await this.#create());
    const { last } = recorded;
    let state = last ? evolve(INITIAL_DETECTOR_STATE, { change: last }) : INITIAL_DETECTOR_STATE;
    if (isInitial) for (const sample of await this.#lastRecordedSamples()) state = evolve(state, { sample });
    else state = { ...state, streaks: this.#state.streaks };
    this.#stream = recorded;
    this.#pendingChanges = rebaseChanges(this.#pendingChanges, last);
    const current = this.#pendingChanges.at(-1);
    this.#state = current ? evolve(state, { change: current }) : state;
    if (isInitial) this.#decidedUntil = last?.at ?? -Infinity;
    for (const sample of this.#spooledSamples) this.#applyOnce(sample);
    this.#spooledSamples = [];
    for (const sample of this.#pendingSamples.splice(0)) this.#applyLater(sample);
  }

  /** Undefined if the stream contains no change; it may lack its first event. */
  async #read(): Promise<StreamState | undefined> {
    let revision: bigint | undefined;
    try {
      for (let from: bigint | 'end' = 'end'; ;) {
        const events = await this.options.store.readStream(this.#streamName, {
          from,
          direction: 'backwards',
          limit: PAGE_SIZE,
        });
        for (const event of events) {
          revision ??= event.revision;
          if (event.problem?.reason === 'newer-schema-version')
            throw new Error(`${this.#streamName}: ${event.problem.message}`);
          if (isEvent(event, ServiceStatusChanged)) return { revision, last: fromServiceStatusChanged(event.data) };
        }
        const oldest: bigint | undefined = events.at(-1)?.revision;
        if (oldest === undefined || oldest === 0n) return undefined;
        from = oldest - 1n;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return undefined;
      throw error;
    }
  }

  async #create(): Promise<StreamState> {
    try {
      await createUptimeStream(this.options.store, this.service.name);
    } catch (error) {
      this.#hasNoRoom = error instanceof InsufficientStorageError;
      throw error;
    }
    this.#hasNoRoom = false;
    const event = await lastEventOf(this.options.store, this.#streamName);
    if (!event) throw new StreamNotFoundError(this.#streamName);
    return { revision: event.revision, last: undefined };
  }

  /**
   * Samples of the last recorded window, of any replica, if there is no gap after it: streaks continue across a
   * failover.
   */
  async #lastRecordedSamples(): Promise<readonly Sample[]> {
    const event = await lastEventOf(this.options.store, probeSamplesStream(this.service.name));
    if (!event || !isEvent(event, ProbesRecorded)) return [];
    const samples = decodeSamples(event.data);
    const last = samples.at(-1)?.at ?? 0;
    return this.#resumesAt - last <= maxSampleGapMs(event.data) ? samples.filter(({ at }) => at < this.#resumesAt) : [];
  }

  /** A report is a sample again if the process was killed before its sample reached the spool. */
  #applyLater(sample: Sample): void {
    if (sample.reportRevision === undefined) this.#applySample(sample);
    else this.#applyOnce(sample);
  }

  /** Applies a sample of which a process that was killed may have recorded the change. */
  #applyOnce(sample: Sample): void {
    if (sample.at < this.#decidedUntil) this.#state = evolve(this.#state, { sample });
    else this.#applySample(sample);
  }

  #applySample(sample: Sample): void {
    const { state, change } = applySample(this.service.name, this.#state, sample, this.service);
    this.#state = state;
    if (!change) return;
    this.#pendingChanges.push(change);
    if (this.#pendingChanges.length > MAX_PENDING_CHANGES) {
      this.options.log.warn(
        `${this.service.name}: more than ${MAX_PENDING_CHANGES} status changes during an outage: dropped the oldest one (${this.#pendingChanges[0]?.status} at ${toTimestamp(this.#pendingChanges[0]?.at ?? 0)})`,
      );
      this.#pendingChanges = rebaseChanges(this.#pendingChanges.slice(1), this.#stream?.last);
    }
  }
}
