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
import { CatchUpSubscription, type Delivery, type SubscriptionSource } from './catch-up-subscription.js';
import { translateClientError } from './client-errors.js';
import { type EventCodec } from './event-codec.js';
import { type StoreWatch } from '../store-watch/store-watch.js';
import { lastEventOfAll } from './last-event.js';
import { type RecoveringClient } from './recovering-client.js';

/** Checkpoint interval in windows of 32 events of the log (the server's own unit), matching or not. */
const CHECKPOINT_INTERVAL = 32;
/**
 * Stored events are delivered in batches of at most this many, or of those that arrive within this time. More events
 * survive the garbage collections of young objects and cost more processor time than the commits that they save.
 */
const STORED_BATCH_EVENTS = 512;
const STORED_BATCH_MS = 100;

/** The client's native part gives stored events in arrays of this length. */
const READ_AHEAD = 64;

type AllCursor = Position | typeof START | typeof END;
type StreamCursor = bigint | typeof START | typeof END;

export function subscribeToAll(
  clients: RecoveringClient,
  codec: EventCodec,
  options: AllSubscriptionOptions,
  watch?: Pick<StoreWatch, 'follow'>,
): EventSubscription {
  const source: SubscriptionSource<AllCursor> = {
    // There is nothing to read after the end, and a read without a request must not count as having reached the server.
    readStored: async (after, deliver) =>
      after === END ? undefined : clients.read((client) => readStored(client, codec, options, after, deliver)),
    open: (after, onCheckpoint) =>
      clients.client.subscribeToAll({ fromPosition: after, ...filterOf(options, onCheckpoint) }),
    cursorOf: ({ position }) => position,
  };
  return new CatchUpSubscription<AllCursor>(
    source,
    options.after === 'end' ? END : (options.after ?? START),
    options,
    decodeWith(codec),
    (error) => translateClientError(error, { name: 'following $all' }),
    watch,
  );
}

export function subscribeToStream(
  client: KurrentDBClient,
  codec: EventCodec,
  streamName: string,
  options: StreamSubscriptionOptions,
  watch?: Pick<StoreWatch, 'follow'>,
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
    watch,
  );
}

/**
 * Native filtered read of `$all` from a cursor to the current end. Its last delivery is a checkpoint at that end, so
 * that neither the subscription that follows nor a restart scans the same part of the log again.
 */
async function readStored(
  client: KurrentDBClient,
  codec: EventCodec,
  options: AllSubscriptionOptions,
  after: Position | typeof START,
  deliver: (deliveries: readonly Delivery[]) => Promise<void>,
): Promise<void> {
  const start = typeof after === 'string' ? undefined : after.commit;
  const end = (await lastEventOfAll(client))?.position;
  if (!end || (start !== undefined && end.commit <= start)) return;
  let batch: Delivery[] = [];
  let latest = 0;
  const events = client.readAll({ fromPosition: after, ...filterOf(options, () => undefined) });
  for await (const resolved of readAhead(events)) {
    if (batch.length === 0) latest = performance.now() + STORED_BATCH_MS;
    for (const { event } of resolved) {
      // A read includes the event at its start, a subscription does not.
      if (!event?.position || event.position.commit === start) continue;
      batch.push({ event: codec.decode(event), id: event.id, position: event.position });
    }
    if (batch.length < STORED_BATCH_EVENTS && performance.now() < latest) continue;
    await deliver(batch);
    batch = [];
  }
  const last = batch.at(-1)?.position;
  if (!last || last.commit < end.commit) batch.push({ position: end });
  await deliver(batch);
}

/**
 * Arrays of values. The next one is requested before one is given, so that the native part and the server work while it
 * is handled: the client itself requests events only when all earlier ones have been taken.
 */
async function* readAhead<Value>(values: AsyncIterable<Value>): AsyncGenerator<Value[]> {
  const iterator = values[Symbol.asyncIterator]();
  const request = (): Promise<IteratorResult<Value, unknown>[]> => {
    const requested = Promise.all(Array.from({ length: READ_AHEAD }, () => iterator.next()));
    // It may be rejected before it is awaited.
    requested.catch(() => undefined);
    return requested;
  };
  for (let requested = request(); ;) {
    const results = await requested;
    const isLast = results.at(-1)?.done === true;
    if (!isLast) requested = request();
    yield results.flatMap((result) => (result.done ? [] : [result.value]));
    if (isLast) return;
  }
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
