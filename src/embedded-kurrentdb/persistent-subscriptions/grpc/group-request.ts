import { type FilterExpression, isValidStreamName } from '../../log/index.js';
import { type GroupSource, type GroupStart, type RequestedSettings, sourceName } from '../rules/index.js';
import { handlerFailed } from '../../grpc/errors.js';
import { clampToSafe, compile, END, parseFilterExpression } from '../../grpc/streams/read-request.js';
import { persistentSubscriptions, type shared, streamNameOf } from '../../protobuf.js';
import { type RequestedGroup } from '../runtime/persistent-subscriptions.js';
import { groupFailed } from './grpc-errors.js';

type CreateOptions = InstanceType<typeof persistentSubscriptions.CreateReq.Options>;
type UpdateOptions = InstanceType<typeof persistentSubscriptions.UpdateReq.Options>;
type CreateAllOptions = InstanceType<typeof persistentSubscriptions.CreateReq.AllOptions>;
type UpdateAllOptions = InstanceType<typeof persistentSubscriptions.UpdateReq.AllOptions>;
type Settings =
  | InstanceType<typeof persistentSubscriptions.CreateReq.Settings>
  | InstanceType<typeof persistentSubscriptions.UpdateReq.Settings>;
type Identifier = InstanceType<typeof shared.StreamIdentifier>;

/** A request to create or to update a group. */
export type GroupRequest = Omit<RequestedGroup, 'settings'> & { readonly settings: RequestedSettings };

/** @throws GrpcError if a field is missing or invalid [groups.create.invalid] */
export function parseCreate(options: CreateOptions | undefined): GroupRequest {
  const settings = options?.getSettings();
  if (options === undefined || settings === undefined) throw handlerFailed();
  const all = options.getAll();
  const start = all === undefined ? streamStart(options, settings.getRevision()) : allStart(all);
  const source: GroupSource = all === undefined ? groupStreamSource(options) : { kind: 'all', filter: filterOf(all) };
  const groupName = options.getGroupName();
  requireOrdinaryStream(source, groupName);
  return {
    source,
    groupName,
    start,
    settings: {
      ...commonSettings(settings),
      consumerStrategy: settings.getConsumerStrategy() || legacyStrategy(settings),
    },
  };
}

/**
 * The filter of a group cannot be changed. The strategy is always replaced, although current clients send none.
 * [groups.update]
 */
export function parseUpdate(options: UpdateOptions | undefined): GroupRequest {
  const settings = options?.getSettings();
  if (options === undefined || settings === undefined) throw handlerFailed();
  const all = options.getAll();
  return {
    source: all === undefined ? groupStreamSource(options) : { kind: 'all', filter: undefined },
    groupName: options.getGroupName(),
    start: all === undefined ? streamStart(options, settings.getRevision()) : allStart(all),
    settings: { ...commonSettings(settings), consumerStrategy: legacyStrategy(settings) },
  };
}

export function parseSource(
  options: { getStreamIdentifier(): Identifier | undefined; hasAll(): boolean } | undefined,
): GroupSource {
  if (options?.hasAll() === true) return { kind: 'all', filter: undefined };
  return streamSource(options?.getStreamIdentifier());
}

export function streamSource(identifier: Identifier | undefined): GroupSource {
  if (identifier === undefined) throw handlerFailed();
  const streamName = streamNameOf(identifier);
  if (!isValidStreamName(streamName)) throw handlerFailed();
  return { kind: 'stream', streamName };
}

/** The stream; old clients send it outside of the stream options. */
const groupStreamSource = (options: CreateOptions | UpdateOptions): GroupSource =>
  streamSource(options.getStream()?.getStreamIdentifier() ?? options.getStreamIdentifier());

/** Rejects a stream named `$all`: its groups would have the same keys as the groups on the log. */
function requireOrdinaryStream(source: GroupSource, groupName: string): void {
  const isAll = source.kind === 'stream' && sourceName(source) === sourceName({ kind: 'all', filter: undefined });
  if (isAll) throw groupFailed(source.streamName, groupName, 'Bad stream name.');
}

function streamStart(options: CreateOptions | UpdateOptions, oldRevision: string): GroupStart {
  const stream = options.getStream();
  if (stream === undefined) return toGroupStart(BigInt(oldRevision));
  return startOf(stream, stream.hasRevision() ? stream.getRevision() : undefined);
}

const allStart = (all: CreateAllOptions | UpdateAllOptions): GroupStart =>
  startOf(all, all.getPosition()?.getCommitPosition());

function startOf(options: { hasStart(): boolean; hasEnd(): boolean }, value: string | undefined): GroupStart {
  if (options.hasStart()) return 'start';
  if (options.hasEnd()) return 'end';
  if (value === undefined) throw handlerFailed();
  return toGroupStart(BigInt(value));
}

function toGroupStart(value: bigint): GroupStart {
  if (value === END) return 'end';
  if (value === 0n) return 'start';
  return clampToSafe(value);
}

function filterOf(all: CreateAllOptions): FilterExpression | undefined {
  const filter = all.getFilter();
  if (filter === undefined) {
    if (all.hasNoFilter()) return undefined;
    throw handlerFailed();
  }
  const expression = parseFilterExpression(filter);
  if (expression === undefined) throw handlerFailed();
  compile(expression);
  return expression;
}

function commonSettings(settings: Settings): Omit<RequestedSettings, 'consumerStrategy'> {
  return {
    resolveLinks: settings.getResolveLinks(),
    extraStatistics: settings.getExtraStatistics(),
    messageTimeoutMs: settings.hasMessageTimeoutTicks()
      ? ticksToMs(settings.getMessageTimeoutTicks())
      : settings.getMessageTimeoutMs(),
    maxRetryCount: settings.getMaxRetryCount(),
    checkpointAfterMs: settings.hasCheckpointAfterTicks()
      ? ticksToMs(settings.getCheckpointAfterTicks())
      : settings.getCheckpointAfterMs(),
    minCheckpointCount: settings.getMinCheckpointCount(),
    maxCheckpointCount: settings.getMaxCheckpointCount(),
    maxSubscriberCount: settings.getMaxSubscriberCount(),
    liveBufferSize: settings.getLiveBufferSize(),
    historyBufferSize: settings.getHistoryBufferSize(),
    readBatchSize: settings.getReadBatchSize(),
  };
}

/** Ticks are 100 ns. [groups.create.settings] */
const ticksToMs = (ticks: string): number => Math.floor(Number(ticks) / 10_000);

const { ConsumerStrategy } = persistentSubscriptions.CreateReq;

/** The legacy enum of strategies, the same in both requests. */
const STRATEGY_NAMES: ReadonlyMap<number, string> = new Map([
  [ConsumerStrategy.DISPATCHTOSINGLE, 'DispatchToSingle'],
  [ConsumerStrategy.ROUNDROBIN, 'RoundRobin'],
  [ConsumerStrategy.PINNED, 'Pinned'],
]);

/** The first strategy is the default. [groups.update, groups.create.strategies] */
function legacyStrategy(settings: Settings): string {
  const name = STRATEGY_NAMES.get(settings.getNamedConsumerStrategy());
  if (name === undefined) throw handlerFailed();
  return name;
}
