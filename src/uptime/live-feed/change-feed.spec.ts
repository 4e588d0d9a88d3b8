import { MemoryEventStore } from '../../../test/support/memory-event-store.js';
import { NOON, uptimeEvents } from '../../../test/support/probed-service.js';
import {
  type AllSubscriptionOptions,
  ConnectionError,
  type EventSubscription,
  SERVICE_UPTIME_PREFIX,
} from '../../event-store/domain/index.js';
import { type ProjectionDefinition, ReadModels } from '../../event-store/index.js';
import { changeEventId, toServiceStatusChanged } from '../domain/index.js';
import { ChangeFeed } from './change-feed.js';

const recorded = (at: number): ReturnType<typeof toServiceStatusChanged> =>
  toServiceStatusChanged({
    serviceName: 'http',
    status: 'up',
    at,
    metadata: {},
    eventId: changeEventId('http', 'up', at),
  });

type FollowedStore = ConstructorParameters<typeof ReadModels>[0];

describe('change feed', () => {
  /** A read model of the store, and the feed that listens to it. */
  const follow = (
    store: FollowedStore,
    { after, apply = () => undefined }: { readonly after?: 'end'; readonly apply?: ProjectionDefinition['apply'] } = {},
  ): { readonly feed: ChangeFeed; readonly models: ReadModels } => {
    const models = new ReadModels(store, 'unused');
    const source = { streamNamePrefixes: [SERVICE_UPTIME_PREFIX], ...(after ? { after } : {}) };
    return { feed: new ChangeFeed(models.project({ name: 'uptime', source, apply, clear: () => undefined })), models };
  };

  it('emits changes that are recorded from now on, once they can be queried, and nothing else', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    await store.appendToStream('service-uptime-http', recorded(NOON));
    const happened: string[] = [];
    const { feed, models } = follow(store, {
      after: 'end',
      apply: (events) => happened.push(...events.map(({ position }) => `readable up to ${position?.commit}`)),
    });
    feed.listen({ onChange: ({ timestamp }) => happened.push(timestamp), onResumed: () => happened.push('resumed') });
    models.start();
    await store.appendToStream('service-uptime-http', { type: 'SomethingElse', data: {} });
    await store.appendToStream('service-uptime-http', recorded(NOON + 1));
    await models.stop();
    expect(happened).toEqual(['readable up to 1', 'readable up to 2', '2026-01-01T12:00:00.001Z']);
  });

  it('emits nothing to a listener that was removed', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    const emitted: string[] = [];
    const { feed, models } = follow(store);
    const stopListening = feed.listen({ onChange: () => emitted.push('first'), onResumed: () => undefined });
    feed.listen({ onChange: () => emitted.push('second'), onResumed: () => undefined });
    models.start();
    stopListening();
    await store.appendToStream('service-uptime-http', recorded(NOON));
    await models.stop();
    expect(emitted).toEqual(['second']);
  });

  it('reports that changes may have been missed, after an interruption', () => {
    let given: AllSubscriptionOptions | undefined;
    const store = Object.assign(new MemoryEventStore(uptimeEvents()), {
      subscribeToAll: (options: AllSubscriptionOptions): EventSubscription => {
        given = options;
        return { stop: () => Promise.resolve() };
      },
    });
    let resumed = 0;
    const { feed, models } = follow(store);
    feed.listen({ onChange: () => undefined, onResumed: () => resumed++ });
    models.start();
    given?.onCaughtUp?.();
    expect(resumed).toBe(0);
    given?.onInterrupted?.(new ConnectionError('gone'));
    given?.onCaughtUp?.();
    given?.onCaughtUp?.();
    expect(resumed).toBe(1);
  });

  it('emits no stored change at the start, but reports once that there were some', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    for (const at of [NOON, NOON + 1]) await store.appendToStream('service-uptime-http', recorded(at));
    const happened: string[] = [];
    const { feed, models } = follow(store);
    feed.listen({ onChange: ({ timestamp }) => happened.push(timestamp), onResumed: () => happened.push('resumed') });
    models.start();
    await new Promise((resolve) => setImmediate(resolve));
    await store.appendToStream('service-uptime-http', recorded(NOON + 2));
    await models.stop();
    expect(happened).toEqual(['resumed', '2026-01-01T12:00:00.002Z']);
  });
});
