import { toTimestamp } from '../../common/time.js';
import {
  type CommandDependencies,
  type Decision,
  handleCommand,
  KeyedMutex,
  type MetadataWrite,
} from '../../event-store/commands/index.js';
import {
  type Clock,
  type EventStore,
  EVERYONE,
  initialMetadata,
  isClosed,
  isPublic,
  type AuthenticatedCaller,
  permissionsOf,
  schemaVersionsOf,
  type StreamAuthorizer,
  type StreamMetadata,
  StreamNotFoundError,
  type StreamPermissions,
  type VersionedStreamMetadata,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import {
  assertNotDeleted,
  estimatedMetadataBytes,
  evolveMetadata,
  givenTags,
  ownTags,
  type QuotaReservations,
  streamNameOf,
  streamTags,
  type UserStream,
  type UserStreamKey,
  type Visibility,
} from '../domain/index.js';
import { assertCaughtUp, type UserStreamReadModel } from './user-stream-read-model.js';

/** Changes of a stream's metadata; absent members keep their values. */
export interface MetadataChange {
  readonly description?: string;
  /** {@link ownTags} */
  readonly tags?: readonly string[];
  readonly permissions?: Partial<StreamPermissions>;
  /** Adds everyone to the readers, or removes them. */
  readonly visibility?: Visibility;
}

/** Metadata from the store, and the stream with them: those of the read model may be older. */
interface State {
  readonly found: VersionedStreamMetadata;
  /** Undefined for a stream without events. */
  readonly stream: UserStream | undefined;
}

interface ChangeDecision extends Decision {
  readonly stream: UserStream;
  readonly metadata: MetadataWrite;
}

export class UserStreamMetadata {
  readonly #dependencies: CommandDependencies;

  constructor(
    private readonly store: CommandDependencies['store'] & Pick<EventStore, 'getStreamMetadata'>,
    private readonly readModel: UserStreamReadModel,
    private readonly authorizer: StreamAuthorizer,
    private readonly clock: Clock,
    private readonly quota: QuotaReservations,
  ) {
    this.#dependencies = { store, mutex: new KeyedMutex(), readModel };
  }

  /**
   * @param expected required current revision of the metadata; undefined: any
   * @returns the stream with the new metadata
   * @throws WrongExpectedRevisionError (of the metadata), QuotaExceededError, PermissionError, StreamNotFoundError,
   *   StreamDeletedError, ValidationError, ConnectionError
   */
  change(
    caller: AuthenticatedCaller,
    key: UserStreamKey,
    change: MetadataChange,
    expected: bigint | undefined,
  ): Promise<UserStream> {
    const name = streamNameOf(key);
    return handleCommand<State, ChangeDecision, UserStream>(
      {
        info: { action: 'user-streams.change-metadata', actor: caller.id },
        streams: [name],
        load: () => this.#load(key),
        authorize: ({ stream, found: { metadata } }) =>
          this.authorizer.assertMay(caller, 'admin', {
            name,
            permissions: stream ? stream.permissions : permissionsOf(metadata),
          }),
        decide: ({ stream, found }) => {
          if (!stream) throw new StreamNotFoundError(name);
          assertNotDeleted(stream);
          if (expected !== undefined && expected !== found.revision)
            throw new WrongExpectedRevisionError(name, expected, found.revision);
          const metadata = changedMetadata(key, stream, found.metadata, change, toTimestamp(this.clock.now()));
          const isRevisionFixed = expected !== undefined;
          return {
            stream,
            metadata: { streamName: name, metadata, expectedRevision: found.revision, isRevisionFixed },
          };
        },
        reserve: ({ stream, metadata: { metadata } }) => {
          const added = { streams: 0, bytes: estimatedMetadataBytes(metadata) };
          const isRefusable = !takesPermissionsOnly(key, stream, metadata);
          return this.quota.reserve(key.userId, this.readModel.usage(key.userId), added, isRefusable);
        },
        acknowledged: ({ metadata: { metadata } }, { revisions }) =>
          this.readModel.applyAhead(name, { metadata: { revision: Number(revisions.get(name)), metadata } }),
        result: ({ stream, metadata: { metadata } }, { revisions }) =>
          evolveMetadata(this.readModel.stream(key) ?? stream, metadata, Number(revisions.get(name))),
      },
      this.#dependencies,
    );
  }

  async #load(key: UserStreamKey): Promise<State> {
    const found = await this.store.getStreamMetadata(streamNameOf(key));
    assertCaughtUp(this.readModel);
    const stream = this.readModel.stream(key);
    return {
      found,
      stream:
        stream && found.revision !== 'no_stream'
          ? evolveMetadata(stream, found.metadata, Number(found.revision))
          : stream,
    };
  }
}

/** Whether a change gives nobody a right, and changes nothing else: it must be possible without room. */
function takesPermissionsOnly(
  key: UserStreamKey,
  stream: UserStream,
  { description, metadata, permissions }: StreamMetadata,
): boolean {
  const { permissions: before } = stream;
  const isTaken = (['read', 'write', 'admin'] as const).every((right) =>
    (permissions?.[right] ?? []).every((name) => before[right].includes(name) || before[right].includes(EVERYONE)),
  );
  const isSameTags = isEqual(ownTags(key, metadata?.tags ?? []), ownTags(key, stream.tags));
  return isTaken && description === stream.description && isSameTags;
}

function isEqual(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}

function changedMetadata(
  key: UserStreamKey,
  stream: UserStream,
  stored: StreamMetadata,
  change: MetadataChange,
  now: string,
): StreamMetadata {
  const { description = stream.description } = change;
  const initial = initialMetadata(stream, toTimestamp(stream.createdAt));
  const permissions = changedPermissions(stream.permissions, change, key.userId);
  const own = change.tags ? givenTags(key, change.tags) : ownTags(key, stream.tags);
  // KurrentDB's `$acl` is derived from new permissions; until then, the stream stays as closed as it began.
  const { acl, ...kept } = stored;
  const isKept = isClosed(acl) && change.permissions === undefined && change.visibility === undefined;
  return {
    ...initial,
    ...kept,
    ...(isKept ? { acl } : {}),
    description,
    metadata: {
      ...initial.metadata,
      ...stored.metadata,
      ...schemaVersionsOf({ ...stored.metadata }),
      tags: streamTags(key, permissions, own),
      owner: stream.owner,
      updatedAt: now,
    },
    permissions,
  };
}

/** Everyone takes the place of the stream's user among the readers. */
function changedPermissions(
  before: StreamPermissions,
  { permissions, visibility }: MetadataChange,
  userId: string,
): StreamPermissions {
  const after = { ...before, ...permissions };
  if (visibility === undefined || (visibility === 'public') === isPublic(after)) return after;
  const readers = after.read.filter((name) => name !== EVERYONE && name !== userId);
  return { ...after, read: [visibility === 'public' ? EVERYONE : userId, ...readers] };
}
