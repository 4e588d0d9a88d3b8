import { TimeoutError } from '../../errors/index.js';
import { StreamDeletedError, StreamNotFoundError } from './errors.js';
import { type EventStore } from './event-store.js';
import { type Position, type RecordedEvent } from './event.js';

/** Waits until tables have passed a position. @returns false where they had not in time, in milliseconds */
export type WaitFor = (position: Position, timeoutMs: number) => Promise<boolean>;

/**
 * Waits until tables know what the store knows of a stream.
 *
 * @returns the stream's last event; undefined where there is no such stream
 * @throws TimeoutError where the tables take longer than `withinMs`; errors of the store
 */
export async function waitForReadModel(
  store: Pick<EventStore, 'readStream'>,
  streamName: string,
  waitFor: WaitFor,
  withinMs: number,
): Promise<RecordedEvent | undefined> {
  const last = await lastEventOf(store, streamName);
  if (last?.position && !(await waitFor(last.position, withinMs))) {
    throw new TimeoutError(`The read model does not keep up with stream '${streamName}'; retry in a moment`, {
      streamName,
    });
  }
  return last;
}

async function lastEventOf(
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
