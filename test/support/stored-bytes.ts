import { type EventStore, type RecordedEvent } from '../../src/event-store/domain/index.js';
import { EVENT_OVERHEAD_BYTES, streamNameOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';

/**
 * What user streams count in a quota, by the rule of docs/user-streams.md, from what is in the log: for each event the
 * JSON of the user's data, or of all its data, and 1,024 bytes. A metadata stream read by its name has its last event
 * only.
 */
export async function countedBytes(
  store: Pick<EventStore, 'subscribeToAll'>,
  ...keys: readonly UserStreamKey[]
): Promise<number> {
  const names = new Set(keys.map(streamNameOf).flatMap((name) => [name, `$$${name}`]));
  const events = await eventsOfLog(store, [...names]);
  return events
    .filter(({ streamName }) => names.has(streamName))
    .reduce((sum, event) => sum + jsonBytesOf(event) + EVENT_OVERHEAD_BYTES, 0);
}

async function eventsOfLog(
  store: Pick<EventStore, 'subscribeToAll'>,
  streamNamePrefixes: readonly string[],
): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  let end = (): void => undefined;
  const caughtUp = new Promise<void>((resolve) => (end = resolve));
  const subscription = store.subscribeToAll({
    filter: { streamNamePrefixes },
    onBatch: ({ events }) => void found.push(...events),
    onCaughtUp: () => end(),
  });
  await caughtUp;
  await subscription.stop();
  return found;
}

function jsonBytesOf({ type, data }: RecordedEvent): number {
  const counted = type === 'UserDataUpdated' ? (data as { readonly data: unknown }).data : data;
  return Buffer.byteLength(JSON.stringify(counted));
}
