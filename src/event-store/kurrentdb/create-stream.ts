import {
  type AppendResult,
  type CreateStreamResult,
  type EventStore,
  initialMetadata,
  type NewStream,
  type NewStreamMetadata,
  ownedBy,
  StreamCreated,
  type VersionedStreamMetadata,
  WrongExpectedRevisionError,
} from '../domain/index.js';

/**
 * Appends `StreamCreated` as the first event and writes the stream's metadata. The store decides the race of two replicas (first
 * event: `no_stream`; metadata: the revision that was read), so that both may do it at once and make one stream. Where a process
 * died between the two writes, the next call finishes.
 */
export async function createStream(store: EventStore, stream: NewStream, now: string): Promise<CreateStreamResult> {
  const created = await appendFirstEvent(store, stream, now);
  await initializeMetadata(store, { ...stream, permissions: stream.permissions ?? ownedBy(stream.owner) }, now);
  return { streamName: stream.name, created };
}

async function appendFirstEvent(
  store: EventStore,
  { name, description, data = null, tags = [], owner }: NewStream,
  now: string,
): Promise<boolean> {
  const event: StreamCreated = { streamName: name, description, tags, owner, createdAt: now, data };
  try {
    await store.appendToStream(
      name,
      { type: StreamCreated.type, data: event, timestamp: now },
      { expectedRevision: 'no_stream' },
    );
    return true;
  } catch (error) {
    if (error instanceof WrongExpectedRevisionError) return false;
    throw error;
  }
}

/** Writes the metadata a stream begins with, unless it has some: then they are another replica's, or a later change. */
export async function initializeMetadata(
  store: EventStore,
  stream: NewStreamMetadata,
  now: string,
): Promise<AppendResult | undefined> {
  const initial = initialMetadata(stream, now);
  let found: VersionedStreamMetadata = { metadata: {}, revision: 'no_stream' };
  for (;;) {
    try {
      return await store.setStreamMetadata(
        stream.name,
        { ...found.metadata, ...initial },
        { expectedRevision: found.revision },
      );
    } catch (error) {
      if (!(error instanceof WrongExpectedRevisionError)) throw error;
      // They are ours if it was another replica's createStream; what KurrentDB wrote by itself is kept beside ours.
      found = await store.getStreamMetadata(stream.name);
      if (found.metadata.metadata !== undefined) return undefined;
    }
  }
}
