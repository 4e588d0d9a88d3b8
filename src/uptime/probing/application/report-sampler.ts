import { type Clock, DomainError } from '../../../event-store/domain/index.js';
import { type MonitoredService, type ProbeResult, type ServiceReport } from '../../domain/index.js';
import { type Log } from './log.js';
import { type ReceivedReport, type ReportSource } from './report-source.js';

/** Delay before the reports are read again after a failure of the store, in milliseconds. */
const RETRY_AFTER_MS = 1_000;
/** Reports that could not be recorded whose ids are remembered: some of them may have been. */
const MAX_UNRECORDED = 1_000;

/** How far the reports of a service have become samples. */
export interface ReportCursor {
  /** Revision of the last such report. Undefined: none, or by a version that did not record it. */
  readonly revision: bigint | undefined;
  /** Time of the last sample, in milliseconds since 1970; without a revision, older reports are not sampled again. */
  readonly sampledUntil: number;
  /** Stored reports up to this time have been sampled, whatever their revision: the store was replaced since. */
  readonly skipUntil?: number;
}

/** What a report, or its absence, says about a service. */
export interface ReportedResult {
  /** When the report was received, or its deadline judged, in milliseconds since 1970. */
  readonly at: number;
  readonly result: ProbeResult;
  /** Revision of the report; undefined for one that could not be recorded, and for a missing one. */
  readonly revision: bigint | undefined;
}

export interface ReportHandlers {
  /** Resolves with where to resume. @throws errors of the store */
  readonly resume: () => Promise<ReportCursor>;
  readonly onResult: (result: ReportedResult) => void;
}

export interface ReportSamplerOptions {
  readonly source: ReportSource;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Turns every report of a service into one result, in the order of the stream, and a missing report into a failure at
 * its deadline, and again after each interval.
 *
 * The deadline is an interval and a timeout after the last report. A deadline that passed before the reports could be
 * read, or before the service was configured, is not judged: the service has the same time from then on.
 */
export class ReportSampler {
  readonly #configuredAt: number;
  readonly #unrecorded = new Set<string>();
  #handlers: ReportHandlers | undefined;
  #stopListening: (() => void) | undefined;
  /** Undefined until it has been read. */
  #cursor: ReportCursor | undefined;
  #last: ReceivedReport | undefined;
  #reading: Promise<boolean> | undefined;
  /** Reports that arrive while the stream is read. */
  #arrived: ReceivedReport[] = [];
  /** Whether no report is missing between the cursor and the next one to arrive. */
  #isCurrent = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly service: Pick<MonitoredService, 'name' | 'intervalMs' | 'timeoutMs'>,
    private readonly options: ReportSamplerOptions,
  ) {
    this.#configuredAt = options.clock.monotonic();
  }

  /** Whether the reports up to now have been read since the start; from then on, each counts when it is received. */
  get isReady(): boolean {
    return this.#cursor !== undefined;
  }

  start(handlers: ReportHandlers): void {
    this.stop();
    this.#handlers = handlers;
    this.#cursor = undefined;
    this.#stopListening = this.options.source.listen(this.service.name, {
      onReport: (report) => this.#onReport(report),
      onReadable: () => void this.#catchUp(),
      onUnreadable: () => this.#onUnreadable(),
    });
    if (this.options.source.readableSince !== undefined) void this.#catchUp();
  }

  stop(): void {
    this.#onUnreadable();
    this.#stopListening?.();
    this.#handlers = undefined;
  }

  #onUnreadable(): void {
    this.#isCurrent = false;
    clearTimeout(this.#timer);
  }

  #onReport(report: ReceivedReport): void {
    if (report.revision === undefined) this.#applyUnrecorded(report);
    else if (this.#reading) this.#arrived.push(report);
    else if (this.#isCurrent) this.#apply(report);
    if (this.#isCurrent) this.#awaitNext();
  }

  /** Reads what is missing, and waits for the next report from then on. */
  async #catchUp(): Promise<void> {
    const handlers = this.#handlers;
    clearTimeout(this.#timer);
    // A read from before the reports could be read may lack the last ones.
    await this.#reading;
    const hasRead = await this.#read();
    if (this.#handlers !== handlers || this.options.source.readableSince === undefined) return;
    this.#isCurrent = hasRead;
    if (hasRead) this.#awaitNext();
    else this.#timer = setTimeout(() => void this.#catchUp(), RETRY_AFTER_MS);
  }

  /** Applies the reports behind the cursor; single-flight. @returns false after a failure of the store */
  #read(): Promise<boolean> {
    this.#reading ??= this.#readNow().then((hasRead) => {
      this.#reading = undefined;
      for (const report of this.#arrived.splice(0)) if (hasRead) this.#apply(report);
      return hasRead;
    });
    return this.#reading;
  }

  async #readNow(): Promise<boolean> {
    const { source, log } = this.options;
    const { name } = this.service;
    const handlers = this.#handlers;
    if (!handlers) return false;
    try {
      const cursor = this.#cursor ?? (await handlers.resume());
      const last = await source.last(name);
      const isBehind =
        last?.revision !== undefined && !(cursor.revision !== undefined && last.revision <= cursor.revision);
      const missing = isBehind ? await source.after(name, cursor.revision) : [];
      if (this.#handlers !== handlers) return false;
      this.#cursor ??= cursor;
      if (last && (!this.#last || last.arrivedAt > this.#last.arrivedAt)) this.#last = last;
      for (const report of missing) this.#apply(report, cursor.skipUntil);
      return true;
    } catch (error) {
      if (!(error instanceof DomainError)) log.error(`${name}: the reports could not be read; retried`, error);
      return false;
    }
  }

  /** Applies a recorded report that follows the cursor. */
  #apply(report: ReceivedReport, skipUntil = -Infinity): void {
    const { revision } = report;
    const cursor = this.#cursor;
    if (!cursor || revision === undefined) return;
    if (cursor.revision !== undefined && revision <= cursor.revision) return;
    this.#cursor = { ...cursor, revision };
    this.#last = report;
    if (cursor.revision === undefined && report.receivedAt <= cursor.sampledUntil) return;
    if (report.receivedAt <= skipUntil) return;
    if (!this.#unrecorded.delete(report.eventId)) this.#emit(report);
  }

  /**
   * While the store is unreachable, no replica knows more; if the report was recorded after all, it is skipped then.
   */
  #applyUnrecorded(report: ReceivedReport): void {
    const [oldest] = this.#unrecorded;
    if (this.#unrecorded.size === MAX_UNRECORDED && oldest !== undefined) this.#unrecorded.delete(oldest);
    this.#unrecorded.add(report.eventId);
    this.#last = report;
    this.#emit(report);
  }

  #emit({ report, receivedAt, revision }: ReceivedReport): void {
    this.#handlers?.onResult({ at: receivedAt, result: toProbeResult(report), revision });
  }

  #awaitNext(): void {
    this.#wait(Math.max(0, this.#deadline() - this.options.clock.monotonic()));
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#judge(), Math.ceil(milliseconds));
  }

  /** On the monotonic clock. */
  #deadline(): number {
    const { intervalMs, timeoutMs } = this.service;
    const judgedSince = this.#judgedSince();
    const due = (this.#last?.arrivedAt ?? -Infinity) + intervalMs + timeoutMs;
    return due > judgedSince ? due : judgedSince + intervalMs + timeoutMs;
  }

  #judgedSince(): number {
    return Math.max(this.#configuredAt, this.options.source.readableSince ?? -Infinity);
  }

  /** The report is late, unless the store has one that has not arrived here yet. */
  async #judge(): Promise<void> {
    const handlers = this.#handlers;
    if (!(await this.#read())) {
      // The connection is lost: onReadable follows, unless the store only did not answer.
      if (this.#handlers === handlers && this.#isCurrent) this.#wait(RETRY_AFTER_MS);
      return;
    }
    if (this.#handlers !== handlers || !this.#isCurrent) return;
    const now = this.options.clock.monotonic();
    if (now < this.#deadline()) return this.#awaitNext();
    const silentMs = now - (this.#last?.arrivedAt ?? this.#judgedSince());
    const due = seconds(this.service.intervalMs);
    const error = `no report for ${seconds(silentMs)}; one is due every ${due}`;
    handlers?.onResult({ at: this.options.clock.now(), result: { responseTime: 0, error }, revision: undefined });
    this.#wait(this.service.intervalMs);
  }
}

function toProbeResult({ status, message, responseTime = 0 }: ServiceReport): ProbeResult {
  switch (status) {
    case 'up':
      return { responseTime };
    case 'degraded':
      return { responseTime, warning: message ?? 'the service reported that it is degraded' };
    case 'down':
      return { responseTime, error: message ?? 'the service reported that it is down' };
  }
}

/** Seconds, with tenths below ten. */
function seconds(milliseconds: number): string {
  const value = milliseconds / 1_000;
  return `${value < 10 ? Math.floor(value * 10) / 10 : Math.floor(value)} s`;
}
