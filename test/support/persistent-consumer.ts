import {
  type KurrentDBClient,
  type PersistentAction,
  type PersistentSubscriptionToAll,
  type PersistentSubscriptionToStream,
  type ResolvedEvent,
} from '@kurrent/kurrentdb-client';
import { once } from 'node:events';
import { until } from './eventually.js';
import { numbers } from './embedded-client.js';

type Received = ResolvedEvent & { readonly retryCount: number };
type Subscription = PersistentSubscriptionToStream | PersistentSubscriptionToAll;

/** A connected consumer of a group; it records events and sends acks and nacks only on request. */
export class PersistentConsumer {
  readonly events: Received[] = [];
  error: Error | undefined;

  private constructor(readonly subscription: Subscription) {
    subscription.on('error', (error: Error) => (this.error = error));
    subscription.on('data', (event: Received) => this.events.push(event));
  }

  /** Resolves once the subscription is confirmed. `bufferSize`: maximum number of events in flight. */
  static async ofStream(
    client: KurrentDBClient,
    streamName: string,
    groupName: string,
    bufferSize = 10,
  ): Promise<PersistentConsumer> {
    return PersistentConsumer.#confirmed(
      client.subscribeToPersistentSubscriptionToStream(streamName, groupName, { bufferSize }),
    );
  }

  static async ofAll(client: KurrentDBClient, groupName: string, bufferSize = 10): Promise<PersistentConsumer> {
    return PersistentConsumer.#confirmed(client.subscribeToPersistentSubscriptionToAll(groupName, { bufferSize }));
  }

  static async #confirmed(subscription: Subscription): Promise<PersistentConsumer> {
    const consumer = new PersistentConsumer(subscription);
    await once(subscription, 'confirmation'); // rejects if the subscription fails first
    return consumer;
  }

  /** The received events, once there are at least `count`. */
  async received(count: number): Promise<readonly Received[]> {
    await until(() => this.events.length >= count || this.error !== undefined, `${count} events were received`);
    if (this.error !== undefined) throw this.error;
    return this.events;
  }

  /** The error that ended it. */
  async ended(): Promise<Error | undefined> {
    await until(() => this.error !== undefined, 'the subscription has ended');
    return this.error;
  }

  async ack(...events: readonly Received[]): Promise<void> {
    await this.subscription.ack(...events);
  }

  async nack(action: PersistentAction, ...events: readonly Received[]): Promise<void> {
    await this.subscription.nack(action, 'because', ...events);
  }

  /** The numbers of the `counted` events that it has received. */
  get numbers(): readonly number[] {
    return numbers(this.events);
  }

  get retryCounts(): readonly number[] {
    return this.events.map(({ retryCount }) => retryCount);
  }

  async close(): Promise<void> {
    await this.subscription.unsubscribe();
  }
}
