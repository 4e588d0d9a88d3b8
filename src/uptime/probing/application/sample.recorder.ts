import { type EventStore, isEvent, type NewEvent, type StreamMetadata } from '../../../event-store/domain/index.js';
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
import { type Log } from './log.js';
import { type Spool } from './spool.js';
import { createSamplesStream } from './uptime-streams.js';

/** A window holds so many samples, where no more than an hour passes: with fewer, an event's own bytes are most of it. */
const FULL_WINDOW = 60;
const MAX_WINDOW_MS = 3_600_000;
/** Gaps in the time that this process has probed: it has one only where it was stopped or starved for long. */
const MAX_TIME_RANGES = 1_000;
/** So many recorded windows are looked at for what a process that was killed left in the spool; others may have recorded some since. */
const LOOKED_AT = 10;

export interface SampleRecorderOptions {
  readonly store: Pick<
    EventStore,
    'appendToStream' | 'readStream' | 'createStream' | 'getStreamMetadata' | 'setStreamMetadata'
  >;
  readonly spool: Spool;
  readonly log: Log;
  /** How long samples wait to be recorded together, in milliseconds; as long as a full window takes where undefined. */
  readonly sampleWindowMs: number | undefined;
  /** How long samples are kept in the store, in seconds; for ever where absent. */
  readonly samplesMaxAge: number | undefined;
  /** Tells this process from others that probe the same services; letters and digits. */
  readonly proberId: string;
}

interface Window {
  readonly event: NewEvent<'ProbesRecorded', ProbesRecorded>;
  readonly samples: number;
}

/** The samples of one service: in the spool until they are appended, a window at a time. */
export class SampleRecorder {
  readonly #streamName: string;
  readonly #toleranceMs: number;
  readonly #windowMs: number;
  #isStreamReady = false;
  /** A window whose append has been tried: it stays as it is, so that trying again is recognised as the same. */
  #sending: Window | undefined;
  #covered: TimeRange[] = [];

  constructor(
    private readonly service: MonitoredService,
    private readonly options: SampleRecorderOptions,
  ) {
    this.#streamName = probeSamplesStream(service.name);
    this.#toleranceMs = maxSampleGapMs(service);
    this.#windowMs = options.sampleWindowMs ?? Math.min(FULL_WINDOW * service.intervalMs, MAX_WINDOW_MS);
  }

  /** When this process has probed, recorded or not. */
  get covered(): readonly TimeRange[] {
    return this.#covered;
  }

  get waiting(): number {
    return this.options.spool.waiting(this.service.name);
  }

  /** Takes in what waits in the spool, from before this process or from while it was the prober before. @returns those samples */
  begin(): readonly Sample[] {
    const waiting = this.options.spool.samples(this.service.name, Number.MAX_SAFE_INTEGER);
    this.#cover(waiting);
    return waiting;
  }

  take(sample: Sample): void {
    this.#cover([sample]);
    this.options.spool.add(this.service.name, sample);
  }

  /** Leaves out what came after a moment in milliseconds since 1970: another replica has probed since then. */
  discardAfter(at: number): void {
    const left = this.options.spool.removeAfter(this.service.name, at);
    if (left > 0)
      this.options.log.warn(
        `${this.service.name}: ${left} samples are not recorded: another replica probed at that time`,
      );
    this.#sending = undefined;
    this.#covered = this.#covered.flatMap(({ from, to }) => (from > at ? [] : [{ from, to: Math.min(to, at) }]));
  }

  /** Whether the oldest sample that waits is as old as a window. @param now milliseconds since 1970 */
  isDue(now: number): boolean {
    const oldest = this.options.spool.oldest(this.service.name);
    return oldest !== undefined && now - oldest.at >= this.#windowMs;
  }

  /** Appends all that wait. @throws errors of the store; what is left goes on waiting then */
  async record(): Promise<void> {
    const { store, spool, log } = this.options;
    const { name } = this.service;
    await this.#prepareStream();
    while (spool.waiting(name) > 0) {
      const dropped = spool.takeDropped(name);
      if (dropped > 0) {
        log.warn(
          `${name}: ${dropped} of the oldest samples were lost: there was no more room for them while KurrentDB was away`,
        );
        this.#sending = undefined;
      }
      const { event, samples } = (this.#sending ??= this.#nextWindow());
      await store.appendToStream(this.#streamName, event);
      // What was dropped while it was being sent is gone from the spool already.
      spool.removeOldest(name, samples - spool.takeDropped(name));
      this.#sending = undefined;
    }
  }

  /** Takes in when samples were taken. @param samples in order of time */
  #cover(samples: readonly Sample[]): void {
    for (const span of coveredRanges(samples, this.#toleranceMs))
      this.#covered = addTimeRange(this.#covered, span, this.#toleranceMs);
    this.#covered = this.#covered.slice(-MAX_TIME_RANGES);
  }

  /** Sees to it that the stream is there, and keeps its events for as long as is configured. */
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
    }
    if (!created) await this.#forgetRecorded();
    this.#isStreamReady = true;
  }

  /** A process that was killed may have recorded what it left in the spool. */
  async #forgetRecorded(): Promise<void> {
    const { store, spool } = this.options;
    const { name } = this.service;
    const windows = await store.readStream(this.#streamName, { direction: 'backwards', limit: LOOKED_AT });
    const recorded = windows.flatMap((event) => (isEvent(event, ProbesRecorded) ? decodeSamples(event.data) : []));
    const known = new Set(recorded.map(identityOf));
    const waiting = spool.samples(name, MAX_SAMPLES_PER_EVENT);
    const firstNew = waiting.findIndex((sample) => !known.has(identityOf(sample)));
    spool.removeOldest(name, firstNew < 0 ? waiting.length : firstNew);
  }

  #nextWindow(): Window {
    const samples = this.options.spool.samples(this.service.name, MAX_SAMPLES_PER_EVENT);
    return {
      event: toProbesRecorded(this.service.name, samples, this.service, this.options.proberId),
      samples: samples.length,
    };
  }
}

/** No two probes of a service begin at the same moment and take the same time to the microsecond. */
function identityOf({ at, responseMicros }: Sample): string {
  return `${at}/${responseMicros}`;
}

function withMaxAge({ maxAge: _, ...rest }: StreamMetadata, maxAge: number | undefined): StreamMetadata {
  return maxAge === undefined ? rest : { ...rest, maxAge };
}
