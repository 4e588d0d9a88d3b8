import {
  type KurrentDBClient,
  type PersistentSubscriptionToStreamInfo,
  type PersistentSubscriptionToStreamSettings,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
} from '@kurrent/kurrentdb-client';
import { newStream } from './embedded-client.js';
import { until } from './eventually.js';
import { PersistentConsumer } from './persistent-consumer.js';

export const GROUP = 'group';

/** Default settings, but from the start of the stream. */
export const groupSettings = (
  changes: Partial<PersistentSubscriptionToStreamSettings> = {},
): PersistentSubscriptionToStreamSettings =>
  persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...changes });

/** The consumer group {@link GROUP} of a stream with a unique name. */
export class ConsumerGroup {
  readonly stream = newStream();

  constructor(private readonly client: KurrentDBClient) {}

  async create(changes: Partial<PersistentSubscriptionToStreamSettings> = {}): Promise<void> {
    await this.client.createPersistentSubscriptionToStream(this.stream, GROUP, groupSettings(changes));
  }

  /** @param bufferSize maximum number of events in flight */
  async consume(bufferSize?: number): Promise<PersistentConsumer> {
    return PersistentConsumer.ofStream(this.client, this.stream, GROUP, bufferSize);
  }

  async info(): Promise<PersistentSubscriptionToStreamInfo> {
    return this.client.getPersistentSubscriptionToStreamInfo(this.stream, GROUP);
  }

  /** Waits until its statistics and connections match. */
  async infoOnce(condition: (info: PersistentSubscriptionToStreamInfo) => boolean): Promise<void> {
    await until(async () => condition(await this.info()), 'the statistics of the group match');
  }
}
