import { type ServiceReport } from '../../domain/index.js';

/** A report as a replica received it, or read it from the store. */
export interface ReceivedReport {
  readonly report: ServiceReport;
  /** When it was received, in milliseconds since 1970, by the clock of the replica that received it. */
  readonly receivedAt: number;
  /** The same on the monotonic clock of this process. */
  readonly arrivedAt: number;
  readonly eventId: string;
  /** In the stream of reports; undefined while it is not known to be recorded. */
  readonly revision: bigint | undefined;
}

export interface ReportListener {
  /** In the order of the stream; a report that could not be recorded comes too, and again if it was after all. */
  onReport(report: ReceivedReport): void;
  /** Reports can be read, for the first time or again; some may have been missed. */
  onReadable(): void;
  onUnreadable(): void;
}

/** Reports of services about themselves, received by any replica. */
export interface ReportSource {
  /** Since when reports can be read, on the monotonic clock; undefined while they cannot. */
  readonly readableSince: number | undefined;
  /** @returns a function that removes the listener */
  listen(service: string, listener: ReportListener): () => void;
  /** The last recorded report of a service. @throws errors of the store */
  last(service: string): Promise<ReceivedReport | undefined>;
  /** The reports after a revision, oldest first; undefined: all. @throws errors of the store */
  after(service: string, revision: bigint | undefined): Promise<readonly ReceivedReport[]>;
}
