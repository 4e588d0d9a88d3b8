import { firstVisibleRevision, expiredBeforeMs } from '../log/index.js';
import { parseEventFrame } from './event-frame.js';
import { type LogStore } from './log-store.js';
import { type StreamEntry } from './streams.js';

/** Events that one synchronous part of a filtered read may examine before it yields to the event loop. */
export const MAX_EVENTS_PER_SLICE = 2000;

/** Receives an event; the frame is only valid during the call. Returns false to stop after it. */
export type EventVisitor = (frame: Buffer, position: number, revision: number) => boolean;

/**
 * Reads the log: `$all` and streams, in both directions, without events that were truncated, expired or deleted.
 * Nothing is buffered; a visitor that stops can resume from the returned revision or position.
 */
export class LogReader {
  constructor(
    private readonly store: LogStore,
    private readonly nowMs: () => number,
  ) {}

  /** Events of the stream from a revision on. Returns the revision to resume from, beyond the last one at the end. */
  forwards(stream: StreamEntry, from: number, visit: EventVisitor): number {
    let revision = Math.max(from, this.firstVisible(stream));
    while (revision <= stream.lastRevision) {
      const found = this.store.eventOf(stream, revision);
      if (found === undefined) {
        revision = this.store.nearestRevision(stream, revision + 1, false) ?? stream.lastRevision + 1;
        continue;
      }
      if (!visit(found.frame, found.position, revision++)) return revision;
    }
    return revision;
  }

  /** Events of the stream from a revision backwards. Returns the revision to resume from, -1 at the start. */
  backwards(stream: StreamEntry, from: number, visit: EventVisitor): number {
    const first = this.firstVisible(stream);
    let revision = Math.min(from, stream.lastRevision);
    while (revision >= first) {
      const found = this.store.eventOf(stream, revision);
      if (found === undefined) {
        revision = this.store.nearestRevision(stream, revision - 1, true) ?? -1;
        continue;
      }
      if (!visit(found.frame, found.position, revision--)) return revision;
    }
    return -1;
  }

  /**
   * Events of the log from a position on (inclusive). Returns the position to resume from, the end of the log at its
   * end.
   */
  allForwards(from: number, visit: EventVisitor): number {
    const end = this.store.endPosition;
    let position = from;
    while (position < end) {
      const frame = this.store.eventAt(position);
      if (frame === undefined) {
        position = this.store.nearestPosition(position, false) ?? end;
        continue;
      }
      if (!visit(frame, position++, 0)) return position;
    }
    return Math.max(position, end);
  }

  /**
   * Events of the log before a position (exclusive), backwards. Returns the position to resume from, 0 at the start.
   */
  allBackwards(before: number, visit: EventVisitor): number {
    let position = Math.min(before, this.store.endPosition) - 1;
    while (position > 0) {
      const frame = this.store.eventAt(position);
      if (frame === undefined) {
        position = this.store.nearestPosition(position, true) ?? 0;
        continue;
      }
      if (!visit(frame, position, 0)) return position;
      position--;
    }
    return 0;
  }

  /**
   * The event at the revision, unless it was truncated, expired or scavenged. The frame is only valid until the next
   * read.
   */
  visibleEvent(stream: StreamEntry, revision: number): Buffer | undefined {
    let found: Buffer | undefined;
    this.forwards(stream, revision, (frame, _position, at) => {
      if (at === revision) found = frame;
      return false;
    });
    return found;
  }

  /** The first revision left by `$tb`, `$maxCount` and `$maxAge`; beyond the last one if none is left. */
  firstVisible(stream: StreamEntry): number {
    const first = firstVisibleRevision(stream);
    const oldest = expiredBeforeMs(stream, this.nowMs());
    return oldest === undefined ? first : this.#firstCreatedSince(stream, first, oldest);
  }

  /** Binary search: creation times ascend with the revisions. */
  #firstCreatedSince(stream: StreamEntry, first: number, sinceMs: number): number {
    let low = first;
    let high = stream.lastRevision + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const at = this.store.nearestRevision(stream, middle, false);
      const found = at === undefined ? undefined : this.store.eventOf(stream, at);
      if (found === undefined || parseEventFrame(found.frame).createdMs >= sinceMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
