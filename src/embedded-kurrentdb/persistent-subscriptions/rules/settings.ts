export const CONSUMER_STRATEGIES = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const;

export type ConsumerStrategyName = (typeof CONSUMER_STRATEGIES)[number];

const isConsumerStrategy = (name: string): name is ConsumerStrategyName =>
  CONSUMER_STRATEGIES.some((strategy) => strategy === name);

/** The settings of a group. Counts are numbers of events, unless stated otherwise. */
export interface GroupSettings {
  /** Deliver links together with the events that they link to. */
  readonly resolveLinks: boolean;
  /** Measure the latency of each consumer. */
  readonly extraStatistics: boolean;
  /** Time in flight after which an event is retried; 0: no timeout. */
  readonly messageTimeoutMs: number;
  readonly maxRetryCount: number;
  /** Minimum time between checkpoints, unless `maxCheckpointCount` events were finished. */
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  /** Number of finished events that triggers a checkpoint immediately. */
  readonly maxCheckpointCount: number;
  /** Maximum number of consumers; 0: unlimited. */
  readonly maxSubscriberCount: number;
  /** Only reported. Live events are not buffered: they are read from the log. */
  readonly liveBufferSize: number;
  /** Maximum number of events waiting for a delivery, retries included. */
  readonly historyBufferSize: number;
  readonly readBatchSize: number;
  readonly consumerStrategy: ConsumerStrategyName;
}

/** Settings as requested by a client, with an unchecked strategy. */
export type RequestedSettings = Omit<GroupSettings, 'consumerStrategy'> & { readonly consumerStrategy: string };

/** Invalid settings. The message is KurrentDB's. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';
}

/**
 * Validates settings. [groups.create.invalid, groups.create.strategies]
 * @throws InvalidSettingsError
 */
export function checkSettings(requested: RequestedSettings): GroupSettings {
  const { consumerStrategy } = requested;
  if (!isConsumerStrategy(consumerStrategy))
    throw new InvalidSettingsError(`Consumer strategy ${consumerStrategy} does not exist.`);
  const { maxRetryCount, liveBufferSize, readBatchSize, historyBufferSize } = requested;
  if ([maxRetryCount, liveBufferSize, readBatchSize, historyBufferSize].some((count) => count < 0))
    throw new InvalidSettingsError("count should be non negative. (Parameter 'count')");
  if (readBatchSize >= historyBufferSize)
    throw new InvalidSettingsError(
      "Specified argument was out of the range of valid values. (Parameter 'ReadBatchSize may not be greater than or equal to BufferSize')",
    );
  return { ...requested, consumerStrategy };
}
