import { type EventStore } from '../../event-store/domain/index.js';
import { type ReadEventsQuery } from './read-events.query.js';
import { StreamEventDto, type StreamEventsDto, toJsonInteger } from './stream-events.dto.js';

/** Reads one page of a stream, and one event more: it shows if there is a next page, and where that begins. */
export async function readEventPage(
  store: Pick<EventStore, 'readStream'>,
  streamName: string,
  { from, limit, direction }: ReadEventsQuery,
): Promise<StreamEventsDto> {
  const read = await store.readStream(streamName, {
    ...(from === undefined ? {} : { from: BigInt(from) }),
    limit: limit + 1,
    direction,
  });
  const next = read[limit];
  return {
    streamName,
    direction,
    events: read.slice(0, limit).map((event) => StreamEventDto.of(event)),
    nextFrom: next ? toJsonInteger(next.revision) : null,
  };
}
