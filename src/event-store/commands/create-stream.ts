import { toTimestamp } from '../../common/time.js';
import { type Clock } from '../../common/clock.js';
import {
  type AppendResult,
  type CreateStreamResult,
  type EventStore,
  initialMetadata,
  type NewStream,
  type NewStreamMetadata,
  ownedBy,
  StreamCreated,
  StreamNotFoundError,
  type VersionedStreamMetadata,
} from '../domain/index.js';
import { type CommandDependencies, type Decision } from './command.js';
import { handleCommand } from './handle-command.js';

interface CreateStreamDependencies extends CommandDependencies {
  readonly store: CommandDependencies['store'] & Pick<EventStore, 'getStreamMetadata'>;
  readonly clock: Clock;
}

const NO_METADATA: VersionedStreamMetadata = { metadata: {}, revision: 'no_stream' };

/**
 * Appends `StreamCreated` as the first event and writes the stream's metadata. The store decides a race of two replicas
 * (first event: `no_stream`; metadata: the revision that was read), so that both create one stream. If a process
 * stopped between the two writes, the next call completes them.
 */
export async function createStream(
  stream: NewStream,
  dependencies: CreateStreamDependencies,
): Promise<CreateStreamResult> {
  const { name, description, data = null, tags = [], owner } = stream;
  const now = toTimestamp(dependencies.clock.now());
  const event: StreamCreated = { streamName: name, description, tags, owner, createdAt: now, data };
  const created = await handleCommand(
    {
      info: { action: 'streams.create' },
      streams: [name],
      // A conflict of the first attempt shows that the stream exists, without a read.
      load: (attempt) => ({ exists: attempt > 1 }),
      decide: ({ exists }): Decision => ({
        writes: exists
          ? []
          : [
              {
                streamName: name,
                events: [{ type: StreamCreated.type, data: event, timestamp: now }],
                expectedRevision: 'no_stream',
              },
            ],
      }),
      result: (_decided, { revisions }) => revisions.size > 0,
    },
    dependencies,
  );
  await initializeMetadata({ ...stream, permissions: stream.permissions ?? ownedBy(owner) }, dependencies, now);
  return { streamName: name, created };
}

/** Writes the initial metadata of a stream, unless another replica or a later change has written some. */
export function initializeMetadata(
  stream: NewStreamMetadata,
  dependencies: CreateStreamDependencies,
  now: string = toTimestamp(dependencies.clock.now()),
): Promise<AppendResult | undefined> {
  const { store } = dependencies;
  const { name } = stream;
  const initial = initialMetadata(stream, now);
  return handleCommand(
    {
      info: { action: 'streams.initialize-metadata' },
      streams: [`$$${name}`],
      load: (attempt) => (attempt === 1 ? NO_METADATA : store.getStreamMetadata(name)),
      decide: ({ metadata, revision }): Decision =>
        // Metadata that KurrentDB wrote by itself are kept beside the initial ones.
        metadata.metadata === undefined
          ? { metadata: { streamName: name, metadata: { ...metadata, ...initial }, expectedRevision: revision } }
          : {},
      result: (_decided, { revisions, position }) => {
        const revision = revisions.get(name);
        return revision === undefined ? undefined : { streamName: `$$${name}`, revision, position };
      },
    },
    dependencies,
  );
}

/**
 * State of a stream, which is created first if it does not exist.
 *
 * @throws StreamNotFoundError if it does not exist afterwards either
 */
export async function loadOrCreate<State>(
  streamName: string,
  load: () => Promise<State | undefined>,
  create: () => Promise<unknown>,
): Promise<State> {
  const state = await load();
  if (state !== undefined) return state;
  await create();
  const created = await load();
  if (created === undefined) throw new StreamNotFoundError(streamName);
  return created;
}
