import { MemoryEventStore } from '../../../test/support/memory-event-store.js';
import { NOON, uptimeEvents } from '../../../test/support/probed-service.js';
import {
  type AllSubscriptionOptions,
  ConnectionError,
  type EventSubscription,
} from '../../event-store/domain/index.js';
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

describe('the feed of changes', () => {
  it('tells of changes that are recorded from now on, once they can be queried, and of nothing else', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    await store.appendToStream('service-uptime-http', recorded(NOON));
    const happened: string[] = [];
    const feed = new ChangeFeed(store, (position) =>
      Promise.resolve(happened.push(`readable up to ${position.commit}`)),
    );
    feed.listen({ onChange: ({ timestamp }) => happened.push(timestamp), onResumed: () => happened.push('resumed') });
    feed.start();
    await store.appendToStream('service-uptime-http', { type: 'SomethingElse', data: {} });
    await store.appendToStream('service-uptime-http', recorded(NOON + 1));
    await feed.stop();
    expect(happened).toEqual(['readable up to 2', '2026-01-01T12:00:00.001Z']);
  });

  it('tells nothing to who does not listen any more', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    const told: string[] = [];
    const feed = new ChangeFeed(store, () => Promise.resolve());
    const stopListening = feed.listen({ onChange: () => told.push('first'), onResumed: () => undefined });
    feed.listen({ onChange: () => told.push('second'), onResumed: () => undefined });
    feed.start();
    stopListening();
    await store.appendToStream('service-uptime-http', recorded(NOON));
    await feed.stop();
    expect(told).toEqual(['second']);
  });

  it('says that changes may have been missed, when it is back after an interruption', () => {
    let given: AllSubscriptionOptions | undefined;
    const store = {
      subscribeToAll: (options: AllSubscriptionOptions): EventSubscription => {
        given = options;
        return { stop: () => Promise.resolve() };
      },
    };
    let resumed = 0;
    const feed = new ChangeFeed(store, () => Promise.resolve());
    feed.listen({ onChange: () => undefined, onResumed: () => resumed++ });
    feed.start();
    given?.onCaughtUp?.();
    expect(resumed).toBe(0);
    given?.onInterrupted?.(new ConnectionError('gone'));
    given?.onCaughtUp?.();
    given?.onCaughtUp?.();
    expect(resumed).toBe(1);
  });
});
