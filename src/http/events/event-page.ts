import { toJsonInteger } from '../../common/revision.js';
import { type EventPages } from '../../event-store/index.js';
import { type ReadEventsQuery } from './read-events.query.js';
import { StreamEventDto, type StreamEventsDto } from './stream-events.dto.js';

/** Size of the events in a response. */
const MAX_PAGE_BYTES = 1_048_576;

/** Reads one page of a stream, which has fewer events than its limit if they are large. */
export async function readEventPage(
  pages: EventPages,
  streamName: string,
  { from, limit, direction }: ReadEventsQuery,
): Promise<StreamEventsDto> {
  const { events, next } = await pages.read(streamName, {
    ...(from === undefined ? {} : { from: BigInt(from) }),
    limit,
    direction,
    maxBytes: MAX_PAGE_BYTES,
  });
  return {
    streamName,
    direction,
    events: events.map((event) => StreamEventDto.of(event)),
    nextFrom: next === undefined ? null : toJsonInteger(next),
  };
}
