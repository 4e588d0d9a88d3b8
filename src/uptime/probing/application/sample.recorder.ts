import {
  type EventStore,
  isEvent,
  type NewEvent,
  StreamDeletedError,
  type StreamMetadata,
  StreamNotFoundError,
} from '../../../event-store/domain/index.js';
import {
  coveredRanges,
  maxSampleGapMs,
  MAX_SAMPLES_PER_EVENT,
  type MonitoredService,
  probeSamplesStream,
  ProbesRecorded,
  type Sample,
  decodeSamples,
  type TimeRange,
  toProbesRecorded,
  addTimeRange,
} from '../../domain/index.js';
import { type FencedWriter } from './fenced-writer.js';
import { type Log } from './log.js';
import { type ReportCursor } from './report-sampler.js';
import { type Spool } from './spool.js';
import { createSamplesStream } from './uptime-streams.js';

/**
 * Samples in a full window, unless they take more than an hour: in smaller events the fixed size of an event dominates.
 */
const SAMPLES_PER_WINDOW = 60;
const MAX_WINDOW_MS = 3_600_000;
/** Limit of {@link SampleRecorder.covered}; a gap occurs only after a stop or a long suspension. */
const MAX_TIME_RANGES = 1_000;
/**
 * Recorded windows that are compared with the spool of a killed process; other replicas may have recorded windows
 * since.
 */
const MAX_COMPARED_WINDOWS = 10;

export interface SampleRecorderOptions {
  readonly store: Pick<
    EventStore,
    'appendToStream' | 'readStream' | 'createStream' | 'getStreamMetadata' | 'setStreamMetadata'
  >;
  readonly writer: Pick<FencedWriter, 'append' | 'assertHeld'>;
  readonly spool: Spool;
  readonly log: Log;
  /** Length of a window in milliseconds; by default the time of a full window. */
  readonly sampleWindowMs: number | undefined;
  /** Retention of the samples in seconds; forever if absent. */
  readonly samplesMaxAge: number | undefined;
  /** Unique id of this process; letters and digits. */
  readonly proberId: string;
}

interface Window {
  readonly event: NewEvent<'ProbesRecorded', ProbesRecorded>;
  readonly sampleCount: number;
}

/** Records the samples of one service: spools them, and appends them in windows. */
export class SampleRecorder {
  readonly #streamName: string;
  readonly #toleranceMs: number;
  readonly #windowMs: number;
  #isStreamReady = false;
  /** The window of a failed append: unchanged, so that the retry is idempotent. */
  #pendingWindow: Window | undefined;
  #covered: TimeRange[] = [];
  /** Revision of the last report that is recorded as a sample. */
  #reportsUntil: bigint | undefined;
  /** Reports up to this time became samples before the store was replaced, in milliseconds since 1970. */
  #skipReportsUntil: number | undefined;

  constructor(
    private readonly service: MonitoredService,
    private readonly options: SampleRecorderOptions,
  ) {
    this.#streamName = probeSamplesStream(service.name);
    this.#toleranceMs = maxSampleGapMs(service);
    this.#windowMs = options.sampleWindowMs ?? Math.min(SAMPLES_PER_WINDOW * service.intervalMs, MAX_WINDOW_MS);
  }

  /** When this process probed, recorded or not. */
  get covered(): readonly TimeRange[] {
    return this.#covered;
  }

  get pendingCount(): number {
    return this.options.spool.count(this.service.name);
  }

  /** Restores the coverage of the spooled samples, those of previous processes included. @returns these samples */
  restore(): readonly Sample[] {
    const spooled = this.options.spool.samples(this.service.name, Number.MAX_SAFE_INTEGER);
    this.#addCoverage(spooled);
    return spooled;
  }

  /**
   * Forgets what was read from a store that was replaced: the spooled samples are recorded in the new one. They say
   * nothing about its reports, whose revisions are others.
   */
  forgetStore(): void {
    const { spool } = this.options;
    const { name } = this.service;
    this.#isStreamReady = false;
    this.#pendingWindow = undefined;
    this.#reportsUntil = undefined;
    this.#covered = [];
    const spooled = spool.samples(name, Number.MAX_SAFE_INTEGER);
    if (revisionsOf(spooled).length === 0) return;
    this.#skipReportsUntil = spooled.at(-1)?.at;
    spool.removeAfter(name, -1);
    for (const { reportRevision: _, ...sample } of spooled) spool.add(name, sample);
  }

  /**
   * How far the reports of the service have become samples, recorded or spooled. Removes spooled samples of reports
   * that another replica has recorded.
   *
   * @throws errors of the store
   */
  async readReportCursor(): Promise<ReportCursor> {
    const { spool } = this.options;
    const { name } = this.service;
    const windows = await this.#recordedWindows();
    const recorded = lastOf(
      windows.flatMap((window) => (window.reportsUntil === undefined ? [] : [BigInt(window.reportsUntil)])),
    );
    this.#reportsUntil = recorded;
    const isRecorded = ({ reportRevision }: Sample): boolean =>
      reportRevision !== undefined && recorded !== undefined && BigInt(reportRevision) <= recorded;
    const count = spool.samples(name, Number.MAX_SAFE_INTEGER).findLastIndex(isRecorded) + 1;
    if (count > 0) this.#pendingWindow = undefined;
    spool.removeOldest(name, count);
    const spooled = spool.samples(name, Number.MAX_SAFE_INTEGER);
    const times = [...windows.flatMap((window) => decodeSamples(window)), ...spooled].map(({ at }) => at);
    return {
      revision: lastOf([...revisionsOf(spooled), ...(recorded === undefined ? [] : [recorded])]),
      sampledUntil: times.reduce((latest, at) => Math.max(latest, at), 0),
      ...(this.#skipReportsUntil === undefined ? {} : { skipUntil: this.#skipReportsUntil }),
    };
  }

  add(sample: Sample): void {
    this.#addCoverage([sample]);
    this.options.spool.add(this.service.name, sample);
  }

  /** Discards the samples after a time in milliseconds since 1970, because another replica may have probed since. */
  discardAfter(at: number): void {
    const discarded = this.options.spool.removeAfter(this.service.name, at);
    if (discarded > 0)
      this.options.log.warn(
        `${this.service.name}: discarded ${discarded} samples: another replica probed at that time`,
      );
    this.#pendingWindow = undefined;
    this.#covered = this.#covered.flatMap(({ from, to }) => (from > at ? [] : [{ from, to: Math.min(to, at) }]));
  }

  /** Whether the oldest spooled sample is older than a window. @param now milliseconds since 1970 */
  isDue(now: number): boolean {
    const oldest = this.options.spool.oldest(this.service.name);
    return oldest !== undefined && now - oldest.at >= this.#windowMs;
  }

  /** Discards all samples: they are made again from the reports, by the replica that probes. */
  discardAll(): void {
    this.options.spool.removeAfter(this.service.name, -1);
    this.#pendingWindow = undefined;
    this.#reportsUntil = undefined;
  }

  /**
   * Appends the spooled samples. After an error the remaining samples stay in the spool.
   *
   * @param fenced whether this process must hold the lease; a former holder records the samples of its validity without
   *   it
   * @param before asked for each window: time of the first status change that is not recorded, in milliseconds since
   *   1970. Samples from then on stay in the spool, from which the next process decides if this one is killed
   * @throws LeaseLostError, errors of the store
   */
  async flush(fenced: boolean, before: () => number = () => Infinity): Promise<void> {
    const { store, writer, spool, log } = this.options;
    const { name } = this.service;
    if (fenced) await writer.assertHeld();
    await this.#prepareStream();
    while (spool.count(name) > 0) {
      const dropped = spool.takeDropped(name);
      if (dropped > 0) {
        log.warn(
          `${name}: dropped the ${dropped} oldest samples: the spool was full before KurrentDB was reachable again`,
        );
        this.#pendingWindow = undefined;
      }
      this.#pendingWindow ??= this.#nextWindow(before());
      if (!this.#pendingWindow) return;
      const { event, sampleCount } = this.#pendingWindow;
      if (fenced) await writer.append({ streamName: this.#streamName, events: [event], expectedRevision: 'any' });
      else await store.appendToStream(this.#streamName, event);
      // Samples that were dropped during the append are no longer in the spool.
      spool.removeOldest(name, sampleCount - spool.takeDropped(name));
      this.#pendingWindow = undefined;
    }
  }

  /** @param samples in order of time */
  #addCoverage(samples: readonly Sample[]): void {
    for (const range of coveredRanges(samples, this.#toleranceMs))
      this.#covered = addTimeRange(this.#covered, range, this.#toleranceMs);
    this.#covered = this.#covered.slice(-MAX_TIME_RANGES);
  }

  /** Creates the stream, or applies the configured retention to the existing one. */
  async #prepareStream(): Promise<void> {
    if (this.#isStreamReady) return;
    const { store, samplesMaxAge } = this.options;
    const { created } = await createSamplesStream(store, this.service.name, samplesMaxAge);
    if (!created) {
      const { metadata, revision } = await store.getStreamMetadata(this.#streamName);
      if (metadata.maxAge !== samplesMaxAge)
        await store.setStreamMetadata(this.#streamName, withMaxAge(metadata, samplesMaxAge), {
          expectedRevision: revision,
        });
      await this.#removeRecorded();
    }
    this.#isStreamReady = true;
  }

  /** Removes spooled samples that a killed process had recorded already. */
  async #removeRecorded(): Promise<void> {
    const { spool } = this.options;
    const { name } = this.service;
    const recordedKeys = new Set((await this.#recordedWindows()).flatMap(decodeSamples).map(keyOf));
    const spooled = spool.samples(name, MAX_SAMPLES_PER_EVENT);
    const firstNew = spooled.findIndex((sample) => !recordedKeys.has(keyOf(sample)));
    spool.removeOldest(name, firstNew < 0 ? spooled.length : firstNew);
  }

  /** The last windows of any replica, newest first. */
  async #recordedWindows(): Promise<ProbesRecorded[]> {
    try {
      const events = await this.options.store.readStream(this.#streamName, {
        direction: 'backwards',
        limit: MAX_COMPARED_WINDOWS,
      });
      return events.flatMap((event) => (isEvent(event, ProbesRecorded) ? [event.data] : []));
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return [];
      throw error;
    }
  }

  /** Undefined if all samples are later. */
  #nextWindow(before: number): Window | undefined {
    const spooled = this.options.spool.samples(this.service.name, MAX_SAMPLES_PER_EVENT);
    const firstLater = spooled.findIndex(({ at }) => at >= before);
    const samples = firstLater < 0 ? spooled : spooled.slice(0, firstLater);
    if (samples.length === 0) return undefined;
    this.#reportsUntil = revisionsOf(samples).at(-1) ?? this.#reportsUntil;
    return {
      event: toProbesRecorded(
        this.service.name,
        samples,
        this.service,
        this.options.proberId,
        this.#reportsUntil?.toString(),
      ),
      sampleCount: samples.length,
    };
  }
}

function revisionsOf(samples: readonly Sample[]): bigint[] {
  return samples.flatMap(({ reportRevision }) => (reportRevision === undefined ? [] : [BigInt(reportRevision)]));
}

/** The largest of the revisions. */
function lastOf(revisions: readonly bigint[]): bigint | undefined {
  return revisions.reduce<bigint | undefined>(
    (last, revision) => (last === undefined || revision > last ? revision : last),
    undefined,
  );
}

/** Unique within a service: no two probes start at the same millisecond and take the same microseconds. */
function keyOf({ at, responseMicros }: Sample): string {
  return `${at}/${responseMicros}`;
}

function withMaxAge({ maxAge: _, ...rest }: StreamMetadata, maxAge: number | undefined): StreamMetadata {
  return maxAge === undefined ? rest : { ...rest, maxAge };
}
