import { toTimestamp } from '../../common/time.js';
import {
  type CommandDependencies,
  type CommandWrite,
  type Decision as CommandDecision,
  type Digest,
  handleCommand,
  IdempotencyKey,
  KeyedMutex,
} from '../../event-store/commands/index.js';
import {
  type Clock,
  createEventId,
  type NewStreamMetadata,
  type RandomString,
  type StreamAuthorizer,
  StreamDeleted,
  StreamRestored,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import {
  type InitialMetadata,
  estimatedMetadataBytes,
  EVENT_OVERHEAD_BYTES,
  type QuotaReservations,
  storedBytesOf,
  streamNameOf,
  UserDataUpdated,
  type UserStream,
} from '../domain/index.js';
import { type DataSchemas } from './data-schemas.js';
import { type CurrentStreams } from './current-streams.js';
import {
  assertCaughtUp,
  type ProcessedRequest,
  type StoredData,
  type UserStreamReadModel,
} from './user-stream-read-model.js';
import { type WriteCommand, type WriteOutcome } from './write-command.js';

/** A limit in time, because a stream may have many writers on other replicas. */
const RETRY_FOR_MS = 5_000;
const SOURCE = 'penguin-pool-streams/user-streams';

export interface UserStreamWriterOptions {
  readonly store: CommandDependencies['store'];
  readonly readModel: UserStreamReadModel;
  readonly current: CurrentStreams;
  readonly authorizer: StreamAuthorizer;
  readonly schemas: DataSchemas;
  readonly quota: QuotaReservations;
  readonly clock: Clock;
  readonly random: RandomString;
  readonly digest: Digest;
}

/** Command of an atomic write, with the rows of the read model for its stream. */
interface Target {
  readonly command: WriteCommand;
  readonly streamName: string;
  readonly idempotencyKey: IdempotencyKey | undefined;
  readonly stream: UserStream | undefined;
  readonly data: StoredData | undefined;
  readonly processed: ProcessedRequest | undefined;
}

interface PlannedWrite extends CommandWrite {
  readonly userId: string;
  readonly at: number;
  readonly creates: InitialMetadata | undefined;
  /** What its events, and the metadata of a new stream, count in the quota. */
  readonly bytes: number;
  /** Size of the largest data. */
  readonly largestBytes: number;
}

interface Plan extends CommandDecision {
  readonly writes: readonly PlannedWrite[];
  readonly replayed?: readonly WriteOutcome[];
}

export class UserStreamWriter {
  readonly #dependencies: CommandDependencies;

  constructor(private readonly options: UserStreamWriterOptions) {
    this.#dependencies = { store: options.store, mutex: new KeyedMutex(), readModel: options.readModel };
  }

  /**
   * @param commands of one request
   * @returns the outcomes in the same order
   * @throws errors of the decisions; PermissionError, QuotaExceededError, EventTooLargeError, ValidationError,
   *   ConnectionError, TimeoutError
   */
  execute(commands: readonly WriteCommand[]): Promise<readonly WriteOutcome[]> {
    const identified = commands.map((command) => ({
      command,
      streamName: streamNameOf(command.request.key),
      idempotencyKey: this.#idempotencyKeyOf(command),
    }));
    const [first] = commands;
    return handleCommand<readonly Target[], Plan, readonly WriteOutcome[]>(
      {
        info: {
          action: `user-streams.${first?.action}`,
          actor: first?.request.caller.id,
          requestId: first?.request.requestId,
        },
        streams: identified.map(({ streamName }) => streamName),
        retry: { forMs: RETRY_FOR_MS, clock: this.options.clock },
        load: () => this.#load(identified),
        authorize: (targets) => targets.forEach((target) => this.#assertAllowed(target)),
        staleStreams,
        replay,
        decide: (targets) => this.#decide(targets),
        reserve: ({ writes }) => this.#reserveQuota(writes),
        acknowledged: ({ writes }, { revisions }) =>
          writes.forEach((write) => this.#applyDeletion(write, revisions.get(write.streamName) ?? 0n)),
        result: ({ writes, replayed }, { revisions }) =>
          replayed ?? writes.map((write) => this.#outcomeOf(write, revisions.get(write.streamName) ?? 0n)),
      },
      this.#dependencies,
    );
  }

  async #load(
    identified: readonly Pick<Target, 'command' | 'streamName' | 'idempotencyKey'>[],
  ): Promise<readonly Target[]> {
    const { readModel, current } = this.options;
    assertCaughtUp(readModel);
    return Promise.all(
      identified.map(async (target) => {
        const { request, right, readsData } = target.command;
        const stream = await current.find(request.caller, right, request.key);
        return {
          ...target,
          stream,
          data: readsData === true ? readModel.data(request.key) : undefined,
          processed: target.idempotencyKey && readModel.processed(target.idempotencyKey.text),
        };
      }),
    );
  }

  #assertAllowed({ command: { request, right }, streamName, stream }: Target): void {
    this.options.authorizer.assertMay(request.caller, right, { name: streamName, permissions: stream?.permissions });
  }

  #decide(targets: readonly Target[]): Plan {
    for (const target of targets) assertRevisionExists(target);
    const writes = targets.map((target) => this.#plan(target));
    return {
      writes,
      initialMetadata: targets.flatMap((target, index) => initialMetadataOf(target, writes[index]?.creates)),
    };
  }

  #plan({ command, streamName, idempotencyKey, stream, data }: Target): PlannedWrite {
    const { clock, random, schemas } = this.options;
    const { caller, key, precondition } = command.request;
    // Never decreases within a stream, despite clock skew of replicas: the state at a time is that of a prefix.
    const at = Math.max(clock.now(), stream?.updatedAt ?? 0);
    const nextId = idempotencyKey?.eventIds() ?? (() => createEventId(at, random));
    const decision = command.decide({ key, stream, data, now: toTimestamp(at), by: caller.id }, nextId);
    const { creates } = decision;
    const metadata = { source: SOURCE };
    const events = decision.events.map((event) => ({
      ...event,
      eventId: event.eventId ?? nextId(),
      metadata:
        event.type === UserDataUpdated.type
          ? { ...metadata, dataSchema: schemas.nameFor(key.type, key.category) }
          : metadata,
    }));
    const sizes = events.map(storedBytesOf);
    const dataSizes = events.map(({ type }, index) =>
      type === UserDataUpdated.type ? (sizes[index] ?? 0) - EVENT_OVERHEAD_BYTES : 0,
    );
    return {
      streamName,
      events,
      expectedRevision: decision.expectedRevision,
      isRevisionFixed: precondition.kind === 'revision',
      idempotencyKey,
      userId: key.userId,
      at,
      creates,
      bytes: sizes.reduce((sum, size) => sum + size, creates ? estimatedMetadataBytes(creates) : 0),
      largestBytes: Math.max(0, ...dataSizes),
    };
  }

  #idempotencyKeyOf({ request, action, payload }: WriteCommand): IdempotencyKey | undefined {
    const { caller, key, precondition, idempotencyKey } = request;
    if (idempotencyKey === undefined) return undefined;
    const condition = precondition.kind === 'revision' ? String(precondition.revision) : precondition.kind;
    const scope = [caller.id, streamNameOf(key)];
    return new IdempotencyKey(scope, idempotencyKey, [condition, action, ...payload], this.options.digest);
  }

  #reserveQuota(writes: readonly PlannedWrite[]): () => void {
    const { quota, readModel } = this.options;
    const releases: (() => void)[] = [];
    const release = (): void => releases.forEach((each) => each());
    try {
      for (const { userId, creates, bytes, events } of writes)
        releases.push(
          quota.reserve(userId, readModel.usage(userId), { streams: creates ? 1 : 0, bytes }, !isDeletion(events)),
        );
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  /** Puts a deletion or a restoration in force before the tables have it. */
  #applyDeletion({ streamName, events, at }: PlannedWrite, revision: bigint): void {
    if (!isDeletion(events)) return;
    const isDeleted = events.at(-1)?.type === StreamDeleted.type;
    const deletion = { revision: Number(revision), at, isDeleted };
    this.options.readModel.applyAhead(streamName, { deletion });
  }

  /** With the time of the first execution, if another replica has executed the same request concurrently. */
  #outcomeOf(
    { streamName, events, at, creates, largestBytes, idempotencyKey }: PlannedWrite,
    revision: bigint,
  ): WriteOutcome {
    const processed = idempotencyKey && this.options.readModel.processed(idempotencyKey.text);
    return {
      streamName,
      revision: Number(revision),
      eventId: events.at(-1)?.eventId ?? '',
      at: processed?.at ?? at,
      created: creates !== undefined,
      replayed: false,
      largestBytes,
    };
  }
}

/** Whether events delete a stream or restore it. */
function isDeletion(events: PlannedWrite['events']): boolean {
  const type = events.at(-1)?.type;
  return type === StreamDeleted.type || type === StreamRestored.type;
}

/** Streams with a later revision than in the read model, or all streams of a replayed request. */
function staleStreams(targets: readonly Target[]): readonly string[] {
  // The events of one write are applied one after another, so that the last ones may be missing.
  const isReplay = targets.some(({ processed }) => processed !== undefined);
  return targets.filter((target) => isReplay || isBehind(target)).map(({ streamName }) => streamName);
}

function isBehind({ command, stream }: Target): boolean {
  const { precondition } = command.request;
  if (precondition.kind === 'exists') return stream === undefined;
  return precondition.kind === 'revision' && precondition.revision > BigInt(stream?.revision ?? -1);
}

/**
 * Rejects a revision that does not exist yet: if another replica wrote it before the append, the append would succeed
 * although it was decided on an earlier state.
 */
function assertRevisionExists(target: Target): void {
  const { command, streamName, stream } = target;
  const { precondition } = command.request;
  if (precondition.kind === 'revision' && isBehind(target))
    throw new WrongExpectedRevisionError(
      streamName,
      precondition.revision,
      stream ? BigInt(stream.revision) : 'no_stream',
    );
}

function replay(targets: readonly Target[]): Plan | undefined {
  for (const { idempotencyKey, processed } of targets) if (processed) idempotencyKey?.assertSame(processed);
  const replayed = targets.flatMap(({ processed }) => (processed ? [replayedOutcome(processed)] : []));
  if (replayed.length === 0 || replayed.length < targets.length) return undefined;
  return { writes: [], replayed, initialMetadata: targets.flatMap((target) => initialMetadataOf(target, undefined)) };
}

function replayedOutcome({ streamName, last, eventId, at, first }: ProcessedRequest): WriteOutcome {
  return { streamName, revision: last, eventId, at, created: first === 0, replayed: true, largestBytes: 0 };
}

/** Of a stream that the write creates, or whose creation was interrupted before the write of its metadata. */
function initialMetadataOf(
  { command, streamName, stream }: Target,
  creates: InitialMetadata | undefined,
): readonly NewStreamMetadata[] {
  const initial = creates ?? (stream?.metadataRevision === undefined ? stream : undefined);
  if (!initial) return [];
  const { description, tags, permissions } = initial;
  return [{ name: streamName, description, tags, owner: command.request.key.userId, permissions }];
}
