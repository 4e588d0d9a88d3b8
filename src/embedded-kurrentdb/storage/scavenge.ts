import { firstVisibleRevision, indexStream, isSoftDeleted, expiredBeforeMs } from '../log/index.js';
import { type CommitQueue } from './commit-queue.js';
import { parseEventFrame } from './event-frame.js';
import { type LogReader } from './log-reader.js';
import { type LogStore } from './log-store.js';
import { type StreamEntry } from './streams.js';

/** Events removed per transaction: a concurrent append waits no longer than for a large append. */
const EVENTS_PER_TRANSACTION = 500;

/**
 * Removes the events of deleted, truncated and expired streams. Their pages are reused for new events; the file does
 * not shrink. Runs concurrently with everything else in small transactions, and can be stopped after each.
 */
export class Scavenge {
  #stopped = false;
  /** Events removed so far. */
  removed = 0;

  constructor(
    private readonly store: LogStore,
    private readonly reader: LogReader,
    private readonly commits: CommitQueue,
    private readonly nowMs: () => number,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    for (const name of this.#streamNames()) {
      while (!this.#stopped && (await this.commits.submit(() => this.#removeBatch(name))) > 0);
      if (this.#stopped) return;
    }
    await this.#addChecksums();
  }

  /** Events of stores that were made before there were checksums get theirs. */
  async #addChecksums(): Promise<void> {
    for (let next: number | undefined = 1; next !== undefined && !this.#stopped;) {
      const from: number = next;
      next = await this.commits.submit(() => this.store.events.addChecksums(from, EVENTS_PER_TRANSACTION));
    }
  }

  /** In a transaction. Returns how many events were removed. */
  #removeBatch(name: string): number {
    const stream = this.store.streams.get(name);
    const end = Math.min(this.#firstRetained(stream), stream.lastRevision + 1);
    let count = 0;
    for (let revision = 0; revision < end && count < EVENTS_PER_TRANSACTION; count++) {
      const found = this.store.nearestStored(stream.id, revision, false);
      if (found === undefined || found >= end) break;
      this.store.remove(stream, found);
      revision = found + 1;
    }
    this.removed += count;
    return count;
  }

  #firstRetained(stream: StreamEntry): number {
    if (stream.tombstoned || isSoftDeleted(stream)) return stream.lastRevision + 1;
    const oldest = expiredBeforeMs(stream, this.nowMs());
    return oldest === undefined ? firstVisibleRevision(stream) : this.reader.firstVisible(stream);
  }

  /**
   * Names of the streams with stored events. Events that format 1 stored under the name of an index stream are kept:
   * they are visible in `$all` only.
   */
  *#streamNames(): Generator<string> {
    for (const id of this.store.streamIds()) {
      const revision = this.store.nearestStored(id, 0, false);
      const position = revision === undefined ? undefined : this.store.positionOf(id, revision);
      const frame = position === undefined ? undefined : this.store.eventAt(position);
      const name = frame && parseEventFrame(frame).streamName;
      if (name !== undefined && indexStream(name) === undefined) yield name;
    }
  }
}
