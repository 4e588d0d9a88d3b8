import {
  type AllStreamResolvedEvent,
  FORWARDS,
  type KurrentDBClient,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { type LogExtent, type Position } from '../domain/index.js';
import { lastEventOfAll } from './last-event.js';

/**
 * Reads at most four events, and lets the server scan no more of the log than what follows `after`: a filtered read
 * backwards alone would scan all of a log without matching events.
 */
export async function readLogExtent(
  client: KurrentDBClient,
  streamNamePrefixes: readonly string[],
  after: Position | undefined,
): Promise<LogExtent> {
  const last = await lastEventOfAll(client);
  const end = last?.position;
  if (!end || (after && end.commit <= after.commit)) return { end, lastMatch: undefined };
  if (streamNamePrefixes.some((prefix) => last.streamId.startsWith(prefix))) return { end, lastMatch: end };
  const filter = streamNameFilter({ prefixes: [...streamNamePrefixes] });
  // Two, because the event at the start of a read is part of it.
  const first = await eventsOf(
    client.readAll({ direction: FORWARDS, fromPosition: after ?? START, maxCount: 2, filter }),
  );
  if (!first.some(({ position }) => position && (!after || position.commit > after.commit)))
    return { end, lastMatch: undefined };
  return { end, lastMatch: (await lastEventOfAll(client, { filter }))?.position };
}

type ClientEvent = NonNullable<AllStreamResolvedEvent['event']>;

async function eventsOf(read: AsyncIterable<AllStreamResolvedEvent>): Promise<ClientEvent[]> {
  const events: ClientEvent[] = [];
  for await (const { event } of read) if (event) events.push(event);
  return events;
}
