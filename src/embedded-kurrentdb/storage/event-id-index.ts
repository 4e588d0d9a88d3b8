import { type EventId } from './event-id.js';
import { eventIdKey, positionBytes, readUint48 } from './keys.js';
import { type Tables } from './tables.js';

/** Which events a stream holds, by id: what makes retries safe. */
export class EventIdIndex {
  constructor(private readonly tables: Tables) {}

  lastRevisionOf(streamId: number, id: EventId): number | undefined {
    const bytes = this.tables.eventIds.getBinary(eventIdKey(streamId, id));
    return bytes === undefined ? undefined : readUint48(bytes, 0);
  }

  /** In a transaction. */
  add(streamId: number, id: EventId, revision: number): void {
    this.tables.eventIds.putSync(eventIdKey(streamId, id), positionBytes(revision));
  }
}
