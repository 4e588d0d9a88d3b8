import {
  END,
  eventTypeFilter,
  type Filter,
  type KurrentDBClient,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import {
  type AllSubscriptionOptions,
  type EventSubscription,
  type Position,
  type RecordedEvent,
  type StreamSubscriptionOptions,
} from '../domain/index.js';
import { CatchUpSubscription, type SubscriptionSource } from './catch-up-subscription.js';
import { translateClientError } from './client-errors.js';
import { type EventCodec } from './event-codec.js';

/** A checkpoint comes about once in so many events of the log that the filter leaves out (32 is the server's own window). */
const CHECKPOINT_INTERVAL = 32;

type AllCursor = Position | typeof START | typeof END;
type StreamCursor = bigint | typeof START | typeof END;

export function subscribeToAll(
  client: KurrentDBClient,
  codec: EventCodec,
  options: AllSubscriptionOptions,
): EventSubscription {
  const source: SubscriptionSource<AllCursor> = {
    open: (after, onCheckpoint) => client.subscribeToAll({ fromPosition: after, ...filterOf(options, onCheckpoint) }),
    cursorOf: ({ position }) => position,
  };
  return new CatchUpSubscription<AllCursor>(
    source,
    options.after === 'end' ? END : (options.after ?? START),
    options,
    decodeWith(codec),
    (error) => translateClientError(error, { name: 'following $all' }),
  );
}

export function subscribeToStream(
  client: KurrentDBClient,
  codec: EventCodec,
  streamName: string,
  options: StreamSubscriptionOptions,
): EventSubscription {
  const source: SubscriptionSource<StreamCursor> = {
    open: (after) => client.subscribeToStream(streamName, { fromRevision: after }),
    cursorOf: ({ event }) => event?.revision,
  };
  return new CatchUpSubscription<StreamCursor>(
    source,
    options.after === 'end' ? END : (options.after ?? START),
    options,
    decodeWith(codec),
    (error) => translateClientError(error, { name: 'following', streamName }),
  );
}

function decodeWith(codec: EventCodec): (event: Parameters<EventCodec['decode']>[0]) => RecordedEvent {
  return (event) => codec.decode(event);
}

function filterOf(
  { filter }: AllSubscriptionOptions,
  checkpointReached: (position: Position) => void,
): { filter?: Filter } {
  if (!filter) return {};
  const settings = {
    checkpointInterval: CHECKPOINT_INTERVAL,
    checkpointReached: (_: unknown, position: Position) => checkpointReached(position),
  };
  if ('streamNamePrefixes' in filter)
    return { filter: streamNameFilter({ prefixes: [...filter.streamNamePrefixes], ...settings }) };
  return { filter: eventTypeFilter({ prefixes: [...filter.eventTypePrefixes], ...settings }) };
}
