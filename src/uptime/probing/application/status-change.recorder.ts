import { toTimestamp } from '../../../common/time.js';
import {
  type AppendResult,
  type EventStore,
  isEvent,
  serviceUptimeStream,
  StreamDeletedError,
  StreamNotFoundError,
  type StreamWrite,
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
  ServiceStatusChanged,
  type StatusChange,
  fromServiceStatusChanged,
  toServiceStatusChanged,
  type StatusDetectorState,
} from '../../domain/index.js';
import { type Log } from './log.js';

/** Samples that wait for the stream's state, and changes that wait for the store: more than days of an outage bring forth. */
const MAX_PENDING_SAMPLES = 20_000;
const MAX_PENDING_CHANGES = 5_000;
/** How often, in one go, other writers may be first before the rest is left to the next one. */
const MAX_CONFLICTS = 5;
const PAGE = 50;

/** Where the stream stood when it was last read or written. */
interface Recorded {
  readonly revision: bigint | 'no_stream';
  readonly last: StatusChange | undefined;
}

export interface StatusChangeRecorderOptions {
  readonly store: Pick<EventStore, 'readStream' | 'createStream'>;
  /** Appends for as long as this process is the prober, and throws where it is not any more. */
  readonly append: (write: StreamWrite) => Promise<AppendResult>;
  readonly log: Log;
}

/**
 * The changes of one service, from the samples that show them to the stream that keeps them.
 *
 * What is in the streams is the truth: state comes from there, and where another writer was faster, it comes from there again and
 * the changes that wait are fitted to it. While the store cannot be reached they wait, in order, and are appended later with the
 * times they had, once: each append names the revision it expects, and the id of a change is made of the change.
 */
export class StatusChangeRecorder {
  readonly #streamName: string;
  #recorded: Recorded | undefined;
  #state: StatusDetectorState = INITIAL_DETECTOR_STATE;
  #unjudged: Sample[] = [];
  /** From when on it judges samples, in milliseconds since 1970. */
  #goesOnAt = 0;
  #waiting: StatusChange[] = [];

  constructor(
    private readonly service: MonitoredService,
    private readonly options: StatusChangeRecorderOptions,
  ) {
    this.#streamName = serviceUptimeStream(service.name);
  }

  /** The last change that is known to be recorded, and those that are confirmed but not recorded yet; in order. */
  get latestChanges(): readonly StatusChange[] {
    return this.#recorded?.last ? [this.#recorded.last, ...this.#waiting] : this.#waiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether the stream has been read, so that samples are judged as they come. */
  get isReady(): boolean {
    return this.#recorded !== undefined;
  }

  /**
   * Forgets what it knows, and takes its state from the streams again.
   *
   * @param samples that are not recorded yet, to be judged by it
   * @param now milliseconds since 1970
   */
  begin(samples: readonly Sample[], now: number): void {
    this.#goesOnAt = samples[0]?.at ?? now;
    this.#recorded = undefined;
    this.#state = INITIAL_DETECTOR_STATE;
    this.#waiting = [];
    this.#unjudged = samples.slice(-MAX_PENDING_SAMPLES);
  }

  /** Takes in the next sample. While the stream has not been read, samples wait to be judged by what it will say. */
  take(sample: Sample): void {
    if (this.#recorded) {
      this.#toSample(sample);
      return;
    }
    this.#unjudged.push(sample);
    if (this.#unjudged.length > MAX_PENDING_SAMPLES) {
      if (this.#unjudged.length === MAX_PENDING_SAMPLES + 1)
        this.options.log.warn(
          `${this.service.name}: the store has been away for so long that the oldest samples are not judged any more`,
        );
      this.#unjudged = this.#unjudged.slice(-MAX_PENDING_SAMPLES);
    }
  }

  /**
   * Reads the stream where that has not been done yet (and creates it where it is missing), and appends all that waits.
   *
   * @returns whether something was appended
   * @throws LeaseLostError, errors of the store; what waits goes on waiting then
   */
  async record(): Promise<boolean> {
    if (!this.#recorded) await this.#catchUp();
    let hasAppended = false;
    for (let conflicts = 0; this.#waiting.length > 0;) {
      try {
        await this.#append();
        hasAppended = true;
      } catch (error) {
        const isOutdated = error instanceof WrongExpectedRevisionError || error instanceof StreamDeletedError;
        if (!isOutdated || ++conflicts > MAX_CONFLICTS) throw error;
        await this.#catchUp();
      }
    }
    return hasAppended;
  }

  async #append(): Promise<void> {
    const changes = [...this.#waiting];
    const { revision } = await this.options.append({
      streamName: this.#streamName,
      events: changes.map(toServiceStatusChanged),
      expectedRevision: this.#recorded?.revision ?? 'no_stream',
    });
    const appended = new Set(changes.map(({ eventId }) => eventId));
    this.#recorded = { revision, last: changes.at(-1) };
    this.#waiting = this.#waiting.filter(({ eventId }) => !appended.has(eventId));
  }

  /** Takes the state from the stream, fits what waits to it, and judges the samples that waited for it. */
  async #catchUp(): Promise<void> {
    const isFirst = this.#recorded === undefined;
    const recorded = (await this.#read()) ?? (await this.#create());
    const { last } = recorded;
    let state = last ? evolve(INITIAL_DETECTOR_STATE, { change: last }) : INITIAL_DETECTOR_STATE;
    if (isFirst) for (const sample of await this.#recordedSamples()) state = evolve(state, { sample });
    else state = { ...state, streaks: this.#state.streaks };
    this.#recorded = recorded;
    this.#waiting = rebaseChanges(this.#waiting, last);
    const current = this.#waiting.at(-1);
    this.#state = current ? evolve(state, { change: current }) : state;
    for (const sample of this.#unjudged.splice(0)) this.#toSample(sample);
  }

  /** Undefined where the stream holds no change yet, and may not be complete. */
  async #read(): Promise<Recorded | undefined> {
    let revision: bigint | undefined;
    try {
      for (let from: bigint | 'end' = 'end'; ;) {
        const events = await this.options.store.readStream(this.#streamName, {
          from,
          direction: 'backwards',
          limit: PAGE,
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

  async #create(): Promise<Recorded> {
    await createUptimeStream(this.options.store, this.service.name);
    const [event] = await this.options.store.readStream(this.#streamName, { direction: 'backwards', limit: 1 });
    if (!event) throw new StreamNotFoundError(this.#streamName);
    return { revision: event.revision, last: undefined };
  }

  /** The samples that were recorded last, whoever took them, where what is probed now follows them: a run that they began goes on. */
  async #recordedSamples(): Promise<readonly Sample[]> {
    try {
      const [event] = await this.options.store.readStream(probeSamplesStream(this.service.name), {
        direction: 'backwards',
        limit: 1,
      });
      if (!event || !isEvent(event, ProbesRecorded)) return [];
      const samples = decodeSamples(event.data);
      const last = samples.at(-1)?.at ?? 0;
      return this.#goesOnAt - last <= maxSampleGapMs(event.data) ? samples.filter(({ at }) => at < this.#goesOnAt) : [];
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return [];
      throw error;
    }
  }

  #toSample(sample: Sample): void {
    const { state, change } = applySample(this.service.name, this.#state, sample, this.service);
    this.#state = state;
    if (!change) return;
    this.#waiting.push(change);
    if (this.#waiting.length > MAX_PENDING_CHANGES) {
      this.options.log.warn(
        `${this.service.name}: the store has been away for so long that a change is not kept any more (${this.#waiting[0]?.status} at ${toTimestamp(this.#waiting[0]?.at ?? 0)})`,
      );
      this.#waiting = rebaseChanges(this.#waiting.slice(1), this.#recorded?.last);
    }
  }
}
