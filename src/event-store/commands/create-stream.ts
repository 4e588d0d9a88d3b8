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
import { beginStream } from './begin-stream.js';
import { type CommandDependencies, type Decision } from './command.js';
import { handleCommand } from './handle-command.js';

interface CreateStreamDependencies extends CommandDependencies {
  readonly store: CommandDependencies['store'] & Pick<EventStore, 'getStreamMetadata'>;
  readonly clock: Clock;
}

const NO_METADATA: VersionedStreamMetadata = { metadata: {}, revision: 'no_stream' };

/**
 * Writes the stream's metadata, then `StreamCreated` as its first event ({@link beginStream}). The store decides a race
 * of two replicas, so that both create one stream. If a process stopped between the two writes, the next call completes
 * them.
 */
export async function createStream(
  stream: NewStream,
  dependencies: CreateStreamDependencies,
): Promise<CreateStreamResult> {
  const { name, description, data = {}, tags = [], owner } = stream;
  const now = toTimestamp(dependencies.clock.now());
  const event: StreamCreated = { streamName: name, description, tags, owner, createdAt: now, data };
  const metadata = { ...stream, permissions: stream.permissions ?? ownedBy(owner) };
  const created = await handleCommand(
    {
      info: { action: 'streams.create' },
      streams: [name],
      // A conflict of the first attempt shows that the stream exists, without a read.
      load: async (attempt) => (attempt === 1 ? await beginStream(metadata, dependencies.store, now) : undefined),
      decide: (expectedRevision): Decision => ({
        writes:
          expectedRevision === undefined
            ? []
            : [
                {
                  streamName: name,
                  events: [{ type: StreamCreated.type, data: event, timestamp: now }],
                  expectedRevision,
                },
              ],
      }),
      result: (_decided, { revisions }) => revisions.size > 0,
    },
    dependencies,
  );
  // An earlier version wrote the metadata last.
  if (!created) await initializeMetadata(metadata, dependencies, now);
  return { streamName: name, created };
}

/**
 * Writes the initial metadata of a stream that has events, unless another replica or a later change has written some.
 */
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
