/** How a group divides its events among its consumers; see `consumer-strategy.ts`. */
export const CONSUMER_STRATEGIES = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const;

export type ConsumerStrategyName = (typeof CONSUMER_STRATEGIES)[number];

const isConsumerStrategy = (name: string): name is ConsumerStrategyName =>
  CONSUMER_STRATEGIES.some((known) => known === name);

/** What a group was created with. Counts are events, unless said otherwise. */
export interface GroupSettings {
  /** Consumers get the events that links name, with the links. */
  readonly resolveLinks: boolean;
  /** Measure how long each consumer takes for an event. */
  readonly extraStatistics: boolean;
  /** How long a consumer may keep an event before it is given out again; 0: as long as it likes. */
  readonly messageTimeoutMs: number;
  /** How often an event is given out again before it is parked. */
  readonly maxRetryCount: number;
  /** Checkpoints are at least this far apart, unless `maxCheckpointCount` events were finished. */
  readonly checkpointAfterMs: number;
  /** No checkpoint for fewer events than this. */
  readonly minCheckpointCount: number;
  /** A checkpoint at once when so many events were finished. */
  readonly maxCheckpointCount: number;
  /** Consumers at a time; 0: any number. */
  readonly maxSubscriberCount: number;
  /** Kept for those who ask. Nothing is buffered for it here: the log itself is where live events wait. */
  readonly liveBufferSize: number;
  /** Events that wait for a consumer, those to be given out again included. */
  readonly historyBufferSize: number;
  /** Events read from the log at a time. */
  readonly readBatchSize: number;
  readonly consumerStrategy: ConsumerStrategyName;
}

/** Settings as a client sends them: the strategy may be any text. */
export type RequestedSettings = Omit<GroupSettings, 'consumerStrategy'> & { readonly consumerStrategy: string };

/** Settings that no group can work with. The message is the one that a real server gives as the reason. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';
}

/**
 * Checks what a client proposes. [groups.create.invalid, groups.create.strategies]
 * @throws InvalidSettingsError
 */
export function checkSettings(proposed: RequestedSettings): GroupSettings {
  const { consumerStrategy } = proposed;
  if (!isConsumerStrategy(consumerStrategy))
    throw new InvalidSettingsError(`Consumer strategy ${consumerStrategy} does not exist.`);
  for (const count of [
    proposed.maxRetryCount,
    proposed.liveBufferSize,
    proposed.readBatchSize,
    proposed.historyBufferSize,
  ]) {
    if (count < 0) throw new InvalidSettingsError("count should be non negative. (Parameter 'count')");
  }
  if (proposed.readBatchSize >= proposed.historyBufferSize) {
    throw new InvalidSettingsError(
      "Specified argument was out of the range of valid values. (Parameter 'ReadBatchSize may not be greater than or equal to BufferSize')",
    );
  }
  return { ...proposed, consumerStrategy };
}
