import { KeyedMutex } from './commands/index.js';
import {
  type EventPage,
  type EventPageReader,
  type EventStore,
  type PageOptions,
  type RecordedEvent,
} from './domain/index.js';

/** Events of the first read of a page, and of the largest one: a stored event may have a megabyte. */
const FIRST_EVENTS = 2;
const MAX_EVENTS = 32;
/** Each read is at most this many times as long as the one before. */
const GROWTH = 4;
/** Pages that are read at the same time; later ones wait. */
const MAX_READS = 2;
/** Of an event without its data. */
const EVENT_BYTES = 300;

/**
 * Pages of events that are bounded by bytes as by count. The store tells the size of no event before it is read, so
 * that a page is read in several steps, the first of which are short.
 */
export class EventPages implements EventPageReader {
  readonly #mutex = new KeyedMutex();
  #reads = 0;

  constructor(private readonly store: Pick<EventStore, 'readStream'>) {}

  async read(streamName: string, { from, limit, direction = 'forwards', maxBytes }: PageOptions): Promise<EventPage> {
    const events: RecordedEvent[] = [];
    const step = direction === 'forwards' ? 1n : -1n;
    let next = from;
    let bytes = 0;
    for (let size = FIRST_EVENTS; ;) {
      const wanted = Math.min(size, limit + 1 - events.length);
      const options = { ...(next === undefined ? {} : { from: next }), limit: wanted, direction };
      const read = await this.#inTurn(() => this.store.readStream(streamName, options));
      for (const event of read) {
        if (events.length === limit || (events.length > 0 && bytes >= maxBytes))
          return { events, next: event.revision, bytes };
        events.push(event);
        bytes += sizeOf(event);
      }
      const last = events.at(-1);
      if (last === undefined || read.length < wanted) return { events, next: undefined, bytes };
      next = last.revision + step;
      if (next < 0n) return { events, next: undefined, bytes };
      const fitting = Math.ceil((maxBytes - bytes) / (bytes / events.length));
      size = Math.max(1, Math.min(GROWTH * size, MAX_EVENTS, fitting));
    }
  }

  #inTurn<Value>(read: () => Promise<Value>): Promise<Value> {
    this.#reads = (this.#reads + 1) % MAX_READS;
    return this.#mutex.run([String(this.#reads)], read);
  }
}

function sizeOf({ data }: RecordedEvent): number {
  if (data instanceof Uint8Array) return EVENT_BYTES + data.byteLength;
  return EVENT_BYTES + (JSON.stringify(data) ?? '').length;
}
