import { StreamDeletedError, StreamNotFoundError } from './errors.js';
import { type EventStore } from './event-store.js';
import { type RecordedEvent } from './event.js';

/** The last event of a stream; undefined if the stream does not exist or is deleted. @throws errors of the store */
export async function lastEventOf(
  store: Pick<EventStore, 'readStream'>,
  streamName: string,
): Promise<RecordedEvent | undefined> {
  try {
    const [last] = await store.readStream(streamName, { direction: 'backwards', limit: 1 });
    return last;
  } catch (error) {
    if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return undefined;
    throw error;
  }
}
