import { type CreateStreamResult, type EventStore, type NewStream, StreamCreated, type StreamMetadata, type StreamPermissions, WrongExpectedRevisionError } from '../domain/index.js';

/** Version of the layout that new streams are created with, kept in their metadata. */
const STREAM_SCHEMA_VERSION = '1.0.0';

/**
 * Appends `StreamCreated` as the first event and writes the stream's metadata. The store decides the race of two replicas (first
 * event: `no_stream`; metadata: the revision that was read), so that both may do it at once and make one stream. Where a process
 * died between the two writes, the next call finishes.
 */
export async function createStream(store: EventStore, stream: NewStream, now: string): Promise<CreateStreamResult> {
  const created = await appendFirstEvent(store, stream, now);
  await ensureMetadata(store, stream, now);
  return { streamName: stream.name, created };
}

async function appendFirstEvent(store: EventStore, { name, description, data = null, tags = [], owner }: NewStream, now: string): Promise<boolean> {
  const event: StreamCreated = { streamName: name, description, tags, owner, createdAt: now, data };
  try {
    await store.appendToStream(name, { type: StreamCreated.type, data: event, timestamp: now }, { expectedRevision: 'no_stream' });
    return true;
  } catch (error) {
    if (error instanceof WrongExpectedRevisionError) return false;
    throw error;
  }
}

async function ensureMetadata(store: EventStore, stream: NewStream, now: string): Promise<void> {
  const { metadata, revision } = await store.getStreamMetadata(stream.name);
  if (metadata.metadata !== undefined) return;
  try {
    await store.setStreamMetadata(stream.name, { ...metadata, ...initialMetadata(stream, now) }, { expectedRevision: revision });
  } catch (error) {
    // Somebody else wrote metadata since it was read; it has ours only if it was another replica's createStream.
    if (!(error instanceof WrongExpectedRevisionError)) throw error;
    await ensureMetadata(store, stream, now);
  }
}

function initialMetadata({ name, description, data, tags = [], owner, permissions = ownedBy(owner), maxAge, maxCount }: NewStream, now: string): StreamMetadata {
  return {
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxCount === undefined ? {} : { maxCount }),
    name,
    description,
    ...(data === undefined ? {} : { data }),
    metadata: { createdAt: now, updatedAt: now, version: STREAM_SCHEMA_VERSION, tags, owner },
    status: 'active',
    permissions,
  };
}

function ownedBy(owner: string): StreamPermissions {
  return { read: [owner], write: [owner], admin: [owner] };
}
