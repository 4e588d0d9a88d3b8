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
import { givenTags, streamTags } from './stream-tags.js';
import { type UserData, UserDataUpdated } from './user-data-updated.js';
import { assertNotReserved } from './reserved-categories.js';
import { type UserStreamKey, streamNameOf } from './user-stream-key.js';
import { type UserStream } from './user-stream.js';

/** Condition of a write: of its headers, or its expected revision. */
export type Precondition =
  | { readonly kind: 'none' }
  /** `If-Match: "n"` */
  | { readonly kind: 'revision'; readonly revision: bigint }
  /** `If-Match: *` */
  | { readonly kind: 'exists' }
  /** `If-None-Match: *` */
  | { readonly kind: 'absent' };

/** Metadata of a stream that a write creates. */
export interface InitialMetadata {
  readonly description: string;
  /** Those of its users; {@link streamTags} adds the standard ones. */
  readonly tags: readonly string[];
  readonly permissions: StreamPermissions;
}

/** Data to write, and the id of their event. */
export interface DataWrite {
  readonly data: UserData;
  readonly eventId: string;
}

export interface Decision {
  readonly events: readonly NewEvent[];
  readonly expectedRevision: ExpectedRevision;
  /** Present if the write creates the stream: its metadata, with all tags. */
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

/** Default metadata of a new stream: private, owned by its user. @throws ValidationError for too many tags */
export function initialMetadataOf(
  { userId, type, category }: UserStreamKey,
  given: Partial<InitialMetadata> & { readonly isPublic?: boolean } = {},
): InitialMetadata {
  const owned = ownedBy(userId);
  return {
    description: given.description ?? `Stream '${category}' of the ${type} of user '${userId}'`,
    tags: givenTags({ type, category }, given.tags ?? []),
    permissions: given.permissions ?? (given.isPublic === true ? { ...owned, read: [EVERYONE] } : owned),
  };
}

/** Creates a stream, with or without data. @throws StreamAlreadyExistsError, StreamDeletedError */
export function decideCreate(
  context: DecisionContext,
  initialMetadata: InitialMetadata,
  write: DataWrite | undefined,
): Decision {
  const { key, stream } = context;
  if (stream) {
    assertNotDeleted(stream);
    throw new StreamAlreadyExistsError(streamNameOf(key), { current: stream.revision });
  }
  return create(context, initialMetadata, write ? [write] : []);
}

/**
 * Replaces the data once for each write, in order; creates the stream if it does not exist.
 *
 * @throws as {@link expectedRevisionOf}
 */
export function decideReplace(
  context: DecisionContext,
  precondition: Precondition,
  writes: readonly DataWrite[],
): Decision {
  const { key, stream, now } = context;
  const expectedRevision = expectedRevisionOf(context, precondition);
  if (!stream) return create(context, initialMetadataOf(key), writes);
  return { events: writes.map((write) => dataUpdated(key, write, stream.permissions, now)), expectedRevision };
}

/** {@link decideReplace} for an existing stream. @throws StreamNotFoundError, as {@link expectedRevisionOf} */
export function decideChange(context: DecisionContext, precondition: Precondition, write: DataWrite): Decision {
  if (!context.stream) throw new StreamNotFoundError(streamNameOf(context.key));
  return decideReplace(context, precondition, [write]);
}

/** @throws StreamNotFoundError, StreamDeletedError, as {@link expectedRevisionOf} */
export function decideDelete(context: DecisionContext, precondition: Precondition): Decision {
  const { key, stream, now, by } = context;
  if (!stream) throw new StreamNotFoundError(streamNameOf(key));
  const expectedRevision = expectedRevisionOf(context, precondition);
  const data: StreamDeleted = { streamName: stream.name, deletedBy: by };
  return { events: [{ type: StreamDeleted.type, data, timestamp: now }], expectedRevision };
}

/** @throws StreamNotFoundError, StreamAlreadyExistsError if it is not deleted, WrongExpectedRevisionError */
export function decideRestore({ key, stream, now, by }: DecisionContext, precondition: Precondition): Decision {
  if (!stream) throw new StreamNotFoundError(streamNameOf(key));
  if (stream.deletedAt === undefined)
    throw new StreamAlreadyExistsError(stream.name, {
      reason: 'is not deleted: there is nothing to restore',
      current: stream.revision,
    });
  if (precondition.kind === 'absent') throw new StreamAlreadyExistsError(stream.name, { current: stream.revision });
  const expectedRevision = precondition.kind === 'revision' ? precondition.revision : BigInt(stream.revision);
  const data: StreamRestored = { streamName: stream.name, restoredBy: by };
  return { events: [{ type: StreamRestored.type, data, timestamp: now }], expectedRevision };
}

/** @throws StreamDeletedError whose message names the way to restore it */
export function assertNotDeleted(stream: UserStream): void {
  if (stream.deletedAt !== undefined)
    throw new StreamDeletedError(stream.name, undefined, 'restore it first (POST …/restore)');
}

/**
 * Expected revision of the append. Always an exact one, so that an event is never appended to another state than it was
 * decided on; without a precondition, a conflict leads to a new decision.
 *
 * @throws WrongExpectedRevisionError, StreamAlreadyExistsError, StreamDeletedError
 */
function expectedRevisionOf({ key, stream }: DecisionContext, precondition: Precondition): ExpectedRevision {
  if (!stream) {
    if (precondition.kind === 'revision')
      throw new WrongExpectedRevisionError(streamNameOf(key), precondition.revision, 'no_stream');
    if (precondition.kind === 'exists')
      throw new WrongExpectedRevisionError(streamNameOf(key), 'stream_exists', 'no_stream');
    return 'no_stream';
  }
  if (precondition.kind === 'absent') throw new StreamAlreadyExistsError(stream.name, { current: stream.revision });
  if (precondition.kind === 'revision' && precondition.revision !== BigInt(stream.revision))
    return precondition.revision;
  assertNotDeleted(stream);
  return BigInt(stream.revision);
}

function create({ key, now }: DecisionContext, initial: InitialMetadata, writes: readonly DataWrite[]): Decision {
  assertNotReserved(key);
  const streamName = streamNameOf(key);
  const creates = { ...initial, tags: streamTags(key, initial.permissions, initial.tags) };
  const created: StreamCreated = {
    streamName,
    description: creates.description,
    tags: creates.tags,
    owner: key.userId,
    createdAt: now,
    data: {},
    permissions: creates.permissions,
  };
  return {
    events: [
      { type: StreamCreated.type, data: created, timestamp: now },
      ...writes.map((write) => dataUpdated(key, write, creates.permissions, now)),
    ],
    expectedRevision: 'no_stream',
    creates,
  };
}

function dataUpdated(
  { userId, type, category }: UserStreamKey,
  { data, eventId }: DataWrite,
  permissions: StreamPermissions,
  timestamp: string,
): NewEvent {
  const event: UserDataUpdated = { userId, type, category, data, isPublic: isPublic(permissions), timestamp, eventId };
  return { type: UserDataUpdated.type, data: event, timestamp, eventId };
}
