import { type EventStore, lastEventOf, type Position, type RecordedEvent, TimeoutError } from '../domain/index.js';

/** Time limit for a read model to apply an event, in milliseconds. */
export const VISIBLE_WITHIN_MS = 2_000;

export interface AwaitableReadModel {
  /** @returns false if the read model has not applied the events up to the position within `timeoutMs` */
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
}

/**
 * Waits until the read model has applied all events of a stream.
 *
 * @returns the last event of the stream; undefined if the stream does not exist
 * @throws TimeoutError after {@link VISIBLE_WITHIN_MS}; errors of the store
 */
export async function waitForReadModel(
  store: Pick<EventStore, 'readStream'>,
  streamName: string,
  readModel: AwaitableReadModel,
): Promise<RecordedEvent | undefined> {
  const last = await lastEventOf(store, streamName);
  if (last?.position && !(await readModel.waitFor(last.position, VISIBLE_WITHIN_MS))) {
    throw new TimeoutError(`The read model does not keep up with stream '${streamName}'; retry in a moment`, {
      streamName,
    });
  }
  return last;
}
