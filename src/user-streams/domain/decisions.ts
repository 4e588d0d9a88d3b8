import {
  EVERYONE,
  type ExpectedRevision,
  type NewEvent,
  ownedBy,
  StreamAlreadyExistsError,
  StreamCreated,
  StreamDeleted,
  StreamDeletedError,
  StreamNotFoundError,
  type StreamPermissions,
  StreamRestored,
  WrongExpectedRevisionError,
  isPublic,
} from '../../event-store/domain/index.js';
import { type UserData, UserDataUpdated } from './user-data-updated.js';
import { type UserStreamKey, streamNameOf } from './user-stream-key.js';
import { type UserStream } from './user-stream.js';

/** What the caller demands of the stream before anything is written. */
export type Precondition =
  | { readonly kind: 'none' }
  /** `If-Match: "n"` */
  | { readonly kind: 'revision'; readonly revision: bigint }
  /** `If-Match: *` */
  | { readonly kind: 'exists' }
  /** `If-None-Match: *` */
  | { readonly kind: 'absent' };

/** What the stream is made with, where a write begins it. */
export interface InitialMetadata {
  readonly description: string;
  readonly tags: readonly string[];
  readonly permissions: StreamPermissions;
}

/** One set of data to write, with the id that its event gets. */
export interface DataWrite {
  readonly data: UserData;
  readonly eventId: string;
}

/** What is to be appended, and to what. */
export interface Decision {
  readonly events: readonly NewEvent[];
  readonly expectedRevision: ExpectedRevision;
  /** Present where the write begins the stream: its metadata are still to be written then. */
  readonly creates?: InitialMetadata;
}

/** Current stream, undefined before its first event, and the time of the new events (ISO 8601). */
export interface DecisionContext {
  readonly key: UserStreamKey;
  readonly stream: UserStream | undefined;
  readonly now: string;
  /** The caller's id. */
  readonly by: string;
}

/** A stream belongs to its user and is private, where nobody says otherwise. */
export function initialMetadataOf(
  { userId, type, category }: UserStreamKey,
  given: Partial<InitialMetadata> & { readonly isPublic?: boolean } = {},
): InitialMetadata {
  const owned = ownedBy(userId);
  return {
    description: given.description ?? `Stream '${category}' of the ${type} of user '${userId}'`,
    tags: given.tags ?? [],
    permissions: given.permissions ?? (given.isPublic === true ? { ...owned, read: [EVERYONE, ...owned.read] } : owned),
  };
}

/** Begins a stream, with or without data. @throws StreamAlreadyExistsError, StreamDeletedError */
export function decideCreate(
  context: DecisionContext,
  beginning: InitialMetadata,
  write: DataWrite | undefined,
): Decision {
  const { key, stream } = context;
  if (stream) {
    assertNotDeleted(stream);
    throw new StreamAlreadyExistsError(streamNameOf(key));
  }
  return begin(context, beginning, write ? [write] : []);
}

/** Replaces the data, once for each of the writes in order; creates the stream if it does not exist. @throws as {@link expected} */
export function decideReplace(
  context: DecisionContext,
  precondition: Precondition,
  writes: readonly DataWrite[],
): Decision {
  const { key, stream, now } = context;
  const expectedRevision = expected(context, precondition);
  if (!stream) return begin(context, initialMetadataOf(key), writes);
  return { events: writes.map((write) => updated(key, write, stream.permissions, now)), expectedRevision };
}

/** As {@link decideReplace}, but only of a stream that is there. @throws StreamNotFoundError, as {@link expected} */
export function decideChange(context: DecisionContext, precondition: Precondition, write: DataWrite): Decision {
  if (!context.stream) throw new StreamNotFoundError(streamNameOf(context.key));
  return decideReplace(context, precondition, [write]);
}

/** @throws StreamNotFoundError, StreamDeletedError, as {@link expected} */
export function decideDelete(context: DecisionContext, precondition: Precondition): Decision {
  const { key, stream, now, by } = context;
  if (!stream) throw new StreamNotFoundError(streamNameOf(key));
  const expectedRevision = expected(context, precondition);
  return {
    events: [
      {
        type: StreamDeleted.type,
        data: { streamName: stream.name, deletedBy: by } satisfies StreamDeleted,
        timestamp: now,
      },
    ],
    expectedRevision,
  };
}

/** @throws StreamNotFoundError, StreamAlreadyExistsError where it is not deleted, WrongExpectedRevisionError */
export function decideRestore({ key, stream, now, by }: DecisionContext, precondition: Precondition): Decision {
  if (!stream) throw new StreamNotFoundError(streamNameOf(key));
  if (stream.deletedAt === undefined || precondition.kind === 'absent') throw new StreamAlreadyExistsError(stream.name);
  const expectedRevision = precondition.kind === 'revision' ? precondition.revision : BigInt(stream.revision);
  return {
    events: [
      {
        type: StreamRestored.type,
        data: { streamName: stream.name, restoredBy: by } satisfies StreamRestored,
        timestamp: now,
      },
    ],
    expectedRevision,
  };
}

/** @throws StreamDeletedError that says how to bring it back */
export function assertNotDeleted(stream: UserStream): void {
  if (stream.deletedAt !== undefined)
    throw new StreamDeletedError(stream.name, undefined, 'restore it first (POST …/restore)');
}

/**
 * Which revision the store is to find. It is always an exact one, so that nothing that was decided on what a stream had been is written to
 * what it has become; where the caller named none, the write is decided again when another one was faster.
 *
 * @throws WrongExpectedRevisionError, StreamAlreadyExistsError, StreamDeletedError
 */
function expected({ key, stream }: DecisionContext, precondition: Precondition): ExpectedRevision {
  if (!stream) {
    if (precondition.kind === 'revision')
      throw new WrongExpectedRevisionError(streamNameOf(key), precondition.revision, 'no_stream');
    if (precondition.kind === 'exists')
      throw new WrongExpectedRevisionError(streamNameOf(key), 'stream_exists', 'no_stream');
    return 'no_stream';
  }
  if (precondition.kind === 'absent') throw new StreamAlreadyExistsError(stream.name);
  if (precondition.kind === 'revision' && precondition.revision !== BigInt(stream.revision))
    return precondition.revision;
  assertNotDeleted(stream);
  return BigInt(stream.revision);
}

function begin({ key, now }: DecisionContext, creates: InitialMetadata, writes: readonly DataWrite[]): Decision {
  const streamName = streamNameOf(key);
  const created: StreamCreated = {
    streamName,
    description: creates.description,
    tags: creates.tags,
    owner: key.userId,
    createdAt: now,
    data: null,
    permissions: creates.permissions,
  };
  return {
    events: [
      { type: StreamCreated.type, data: created, timestamp: now },
      ...writes.map((write) => updated(key, write, creates.permissions, now)),
    ],
    expectedRevision: 'no_stream',
    creates,
  };
}

function updated(
  { userId, type, category }: UserStreamKey,
  { data, eventId }: DataWrite,
  permissions: StreamPermissions,
  timestamp: string,
): NewEvent {
  const event: UserDataUpdated = { userId, type, category, data, isPublic: isPublic(permissions), timestamp, eventId };
  return { type: UserDataUpdated.type, data: event, timestamp, eventId };
}
