import { toTimestamp } from '../../common/time.js';
import {
  type Clock,
  type EventStore,
  EVERYONE,
  initialMetadata,
  type AuthenticatedCaller,
  permissionsOf,
  type StreamAuthorizer,
  type StreamMetadata,
  StreamNotFoundError,
  type StreamPermissions,
  type VersionedStreamMetadata,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import {
  assertNotDeleted,
  evolveMetadata,
  streamNameOf,
  type UserStream,
  type UserStreamKey,
  type Visibility,
} from '../domain/index.js';
import { assertCaughtUp, type UserStreamReadModel, VISIBLE_WITHIN_MS } from './user-stream-read-model.js';

const MAX_ATTEMPTS = 10;

/** What is to change; what is absent stays. */
export interface MetadataChange {
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly permissions?: Partial<StreamPermissions>;
  /** Takes everyone into the list of readers, or out of it. */
  readonly visibility?: Visibility;
}

/** Changes who may do what with a user's stream, and how it is described: its metadata, in KurrentDB's `$acl` too. */
export class UserStreamMetadata {
  constructor(
    private readonly store: Pick<EventStore, 'getStreamMetadata' | 'setStreamMetadata'>,
    private readonly table: UserStreamReadModel,
    private readonly authorizer: StreamAuthorizer,
    private readonly clock: Clock,
  ) {}

  /**
   * @param expected revision of the metadata that the change was made for; undefined: whatever they are
   * @returns the stream with its new details
   * @throws WrongExpectedRevisionError (of the metadata), PermissionError, StreamNotFoundError, StreamDeletedError, ConnectionError
   */
  async change(
    caller: AuthenticatedCaller,
    key: UserStreamKey,
    change: MetadataChange,
    expected: bigint | undefined,
  ): Promise<UserStream> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.store.getStreamMetadata(streamNameOf(key));
      const stream = this.#administered(caller, key, found);
      if (expected !== undefined && expected !== found.revision)
        throw new WrongExpectedRevisionError(stream.name, expected, found.revision);
      try {
        return await this.#write(key, stream, found, change);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevisionError) || expected !== undefined || attempt === MAX_ATTEMPTS)
          throw error;
      }
    }
  }

  /** @param found the metadata in the store: they hold, the read model may be a moment behind */
  #administered(
    caller: AuthenticatedCaller,
    key: UserStreamKey,
    { metadata, revision }: VersionedStreamMetadata,
  ): UserStream {
    assertCaughtUp(this.table);
    const name = streamNameOf(key);
    const known = this.table.stream(key);
    const stream = known && revision !== 'no_stream' ? evolveMetadata(known, metadata, Number(revision)) : known;
    this.authorizer.assertMay(caller, 'admin', {
      name,
      permissions: stream ? stream.permissions : permissionsOf(metadata),
    });
    if (!stream) throw new StreamNotFoundError(name);
    assertNotDeleted(stream);
    return stream;
  }

  async #write(
    key: UserStreamKey,
    stream: UserStream,
    { metadata: stored, revision }: VersionedStreamMetadata,
    change: MetadataChange,
  ): Promise<UserStream> {
    const now = toTimestamp(this.clock.now());
    const { description = stream.description, tags = stream.tags } = change;
    const initial = initialMetadata(stream, toTimestamp(stream.createdAt));
    // The list of KurrentDB is made anew from the permissions.
    const { acl: _, ...kept } = stored;
    const changed: StreamMetadata = {
      ...initial,
      ...kept,
      description,
      metadata: { ...initial.metadata, ...stored.metadata, tags, owner: stream.owner, updatedAt: now },
      permissions: changedPermissions(stream.permissions, change),
    };
    const written = await this.store.setStreamMetadata(stream.name, changed, { expectedRevision: revision });
    if (written.position) await this.table.waitFor(written.position, VISIBLE_WITHIN_MS);
    return evolveMetadata(this.table.stream(key) ?? stream, changed, Number(written.revision));
  }
}

function changedPermissions(before: StreamPermissions, { permissions, visibility }: MetadataChange): StreamPermissions {
  const after = { ...before, ...permissions };
  if (visibility === undefined) return after;
  const readers = after.read.filter((name) => name !== EVERYONE);
  return { ...after, read: visibility === 'public' ? [EVERYONE, ...readers] : readers };
}
