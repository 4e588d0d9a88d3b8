import {
  type ReceivedReport,
  type ReportListener,
  type ReportSource,
} from '../../src/uptime/probing/application/report-source.js';
import { type ServiceReport } from '../../src/uptime/domain/index.js';
import { type ManualClock } from './probed-service.js';

/** Reports of one service, as a store has them. */
export class StoredReports implements ReportSource {
  all: ReceivedReport[] = [];
  readonly readableSince: number;
  #listener: ReportListener | undefined;

  constructor(private readonly clock: ManualClock) {
    this.readableSince = clock.monotonic();
  }

  listen(_service: string, listener: ReportListener): () => void {
    this.#listener = listener;
    return () => (this.#listener = undefined);
  }

  last(): Promise<ReceivedReport | undefined> {
    return Promise.resolve(this.all.at(-1));
  }

  after(_service: string, revision: bigint | undefined): Promise<ReceivedReport[]> {
    return Promise.resolve(this.all.filter((one) => revision === undefined || (one.revision ?? 0n) > revision));
  }

  /** Stores a report, a second after the one before. */
  receive(status: ServiceReport['status'], revision: bigint): void {
    this.clock.advance(1_000);
    const received = {
      report: { status },
      receivedAt: this.clock.now(),
      arrivedAt: this.clock.monotonic(),
      eventId: `evt_${revision}_${status}`,
      revision,
    };
    this.all.push(received);
    this.#listener?.onReport(received);
  }
}
