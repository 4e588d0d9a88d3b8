import {
  defaultPermissions,
  identifyStream,
  isEvent,
  isPublic,
  isStringArray,
  ownedBy,
  type RecordedEvent,
  StreamCreated,
  StreamDeleted,
  type StreamMetadata,
  type StreamPermissions,
  StreamRestored,
  permissionsOf,
} from '../../event-store/domain/index.js';
import { UserDataUpdated } from './user-data-updated.js';

/** What is known of a user's stream, without its data. Plain values only: it is kept in tables. */
export interface UserStream {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  readonly permissions: StreamPermissions;
  /** Revision of the last event. */
  readonly revision: number;
  /** Revision of the metadata that hold; absent until they are written. */
  readonly metadataRevision?: number;
  /** How many events there are, and what their data take in bytes, as JSON in UTF-8. */
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Of the last event; later ones are never earlier. */
  readonly updatedAt: number;
  /** Present while the stream is deleted. */
  readonly deletedAt?: number;
}

export type Visibility = 'private' | 'public';

export function visibilityOf({ permissions }: UserStream): Visibility {
  return isPublic(permissions) ? 'public' : 'private';
}

/**
 * What a stream is after one more of its events.
 *
 * @param bytes what the event's data take
 */
export function evolve(stream: UserStream | undefined, event: RecordedEvent, bytes: number): UserStream {
  const at = Date.parse(event.timestamp);
  const before = stream ?? foundStream(event.streamName, at);
  const after: UserStream = {
    ...before,
    revision: Number(event.revision),
    events: before.events + 1,
    bytes: before.bytes + bytes,
    updatedAt: Math.max(at, before.updatedAt),
  };
  if (isEvent(event, StreamCreated)) {
    const { description, tags, owner, permissions = ownedBy(owner), createdAt } = event.data;
    // Metadata that were written before are the later word.
    const initial = before.metadataRevision === undefined ? { description, tags, owner, permissions } : {};
    return { ...after, ...initial, createdAt: Date.parse(createdAt) };
  }
  if (isEvent(event, StreamDeleted)) return { ...after, deletedAt: at };
  if (isEvent(event, StreamRestored)) return withoutDeletion(after);
  return after;
}

/** What a stream is after its metadata were written. */
export function evolveMetadata(stream: UserStream, written: StreamMetadata, metadataRevision: number): UserStream {
  // Others may have written them: what cannot be understood says nothing.
  const description: unknown = written.description;
  const { tags, owner }: { readonly tags?: unknown; readonly owner?: unknown } = written.metadata ?? {};
  return {
    ...stream,
    description: typeof description === 'string' ? description : stream.description,
    tags: isStringArray(tags) ? tags : stream.tags,
    owner: typeof owner === 'string' ? owner : stream.owner,
    permissions: permissionsOf(written) ?? defaultPermissions(identifyStream(stream.name)),
    metadataRevision,
  };
}

/** What is known before the first event has been looked at: nothing, and that it is its user's alone. */
export function foundStream(name: string, at: number): UserStream {
  const identity = identifyStream(name);
  const owner = identity.kind === 'user' ? identity.userId : 'system';
  return {
    name,
    description: '',
    tags: [],
    owner,
    permissions: defaultPermissions(identity),
    revision: -1,
    events: 0,
    bytes: 0,
    createdAt: at,
    updatedAt: at,
  };
}

export type DataEvent = RecordedEvent<'UserDataUpdated', UserDataUpdated>;

/** Whether an event holds the stream's data. */
export function holdsData(event: RecordedEvent): event is DataEvent {
  return isEvent(event, UserDataUpdated);
}

function withoutDeletion({ deletedAt: _, ...stream }: UserStream): UserStream {
  return stream;
}
