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

/** State of a user stream without its data: a row of the read model. */
export interface UserStream {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  readonly permissions: StreamPermissions;
  /** Revision of the last event. */
  readonly revision: number;
  /** Revision of the current metadata; absent before the first write of metadata. */
  readonly metadataRevision?: number;
  /** Number of events. */
  readonly events: number;
  /** What its events and those of its metadata take; {@link storedBytesOf}. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Time of the last event; never decreases. */
  readonly updatedAt: number;
  /** Present while the stream is deleted. */
  readonly deletedAt?: number;
}

export type Visibility = 'private' | 'public';

export function visibilityOf({ permissions }: UserStream): Visibility {
  return isPublic(permissions) ? 'public' : 'private';
}

/**
 * Applies an event of the stream.
 *
 * @param bytes what it counts in the quota
 */
export function evolve(stream: UserStream | undefined, event: RecordedEvent, bytes: number): UserStream {
  const at = Date.parse(event.timestamp);
  const before = stream ?? initialStream(event.streamName, at);
  const after: UserStream = {
    ...before,
    revision: Number(event.revision),
    events: before.events + 1,
    bytes: before.bytes + bytes,
    updatedAt: before.events === 0 ? at : Math.max(at, before.updatedAt),
  };
  if (isEvent(event, StreamCreated)) {
    const { description, tags, owner, permissions = ownedBy(owner), createdAt } = event.data;
    // Metadata that were written earlier take precedence.
    const initial = before.metadataRevision === undefined ? { description, tags, owner, permissions } : {};
    return { ...after, ...initial, createdAt: Date.parse(createdAt) };
  }
  if (isEvent(event, StreamDeleted)) return { ...after, deletedAt: at };
  if (isEvent(event, StreamRestored)) return withoutDeletion(after);
  return after;
}

/**
 * Applies a write of metadata.
 *
 * @param bytes what it counts in the quota
 */
export function evolveMetadata(
  stream: UserStream,
  written: StreamMetadata,
  metadataRevision: number,
  bytes = 0,
): UserStream {
  // Other clients may have written them: malformed members are ignored.
  const description: unknown = written.description;
  const { tags, owner }: { readonly tags?: unknown; readonly owner?: unknown } = written.metadata ?? {};
  return {
    ...stream,
    description: typeof description === 'string' ? description : stream.description,
    tags: isStringArray(tags) ? tags : stream.tags,
    owner: typeof owner === 'string' ? owner : stream.owner,
    permissions: permissionsOf(written) ?? defaultPermissions(identifyStream(stream.name)),
    metadataRevision,
    bytes: stream.bytes + bytes,
  };
}

/** State before the first event: private. */
export function initialStream(name: string, at: number): UserStream {
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

export function isDataEvent(event: RecordedEvent): event is DataEvent {
  return isEvent(event, UserDataUpdated);
}

function withoutDeletion({ deletedAt: _, ...stream }: UserStream): UserStream {
  return stream;
}
