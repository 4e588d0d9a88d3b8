import { parseEventFrame } from './event-frame.js';
import { positionBytes, readUint48 } from './keys.js';
import { type IndexStreams } from './index-streams.js';
import { STATE } from './table-set.js';
import { type Tables } from './tables.js';

/** Events per transaction: it takes about 0.1 s. */
const EVENTS_PER_TRANSACTION = 10_000;

/** The part of `LogStore` that the backfill needs. */
interface BackfillStore {
  readonly tables: Tables;
  readonly links: IndexStreams;
  readonly endPosition: number;
  transaction(work: () => void): unknown;
  eventAt(position: number): Buffer | undefined;
  nearestPosition(position: number, backwards: boolean): number | undefined;
}

/**
 * Builds the index streams of a store of format 1, which has none, from its log. If it is interrupted, the next start
 * resumes it.
 */
export function backfillIndexStreams(store: BackfillStore): void {
  const { state } = store.tables;
  let position = readUint48(state.require(STATE.linkedTo), 0) + 1;
  while (position < store.endPosition) {
    store.transaction(() => {
      position = backfillBatch(store, position);
      state.put(STATE.linkedTo, positionBytes(position - 1));
    });
  }
  store.transaction(() => state.remove(STATE.linkedTo));
}

/** In a transaction. Returns the position to resume from; the end of the log at its end. */
function backfillBatch(store: BackfillStore, from: number): number {
  let position = from;
  for (let count = 0; position < store.endPosition && count < EVENTS_PER_TRANSACTION; count++) {
    const frame = store.eventAt(position);
    if (frame === undefined) {
      position = store.nearestPosition(position + 1, false) ?? store.endPosition;
      continue;
    }
    const event = parseEventFrame(frame);
    store.links.add(event.streamName, position++, event);
  }
  return position;
}
