import {
  type AllStreamSubscription,
  END,
  START,
  StreamDeletedError,
  type StreamSubscription,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { setTimeout as sleep } from 'node:timers/promises';
import { counted, countedUpTo, newStream, numbers, useClient } from '../support/embedded-client.js';

/** The first `count` numbers that a subscription delivers. */
async function take(
  subscription: StreamSubscription | AllStreamSubscription,
  count: number,
  afterCaughtUp: () => Promise<unknown> = () => Promise.resolve(),
): Promise<number[]> {
  const taken: number[] = [];
  await new Promise<void>((resolve, reject) => {
    subscription.on('error', reject);
    subscription.on('caughtUp', () => void afterCaughtUp().catch(reject));
    subscription.on('data', (event) => {
      taken.push(...numbers([event]));
      if (taken.length === count) resolve();
    });
  });
  await subscription.unsubscribe();
  return taken;
}

describe('catch-up subscriptions', () => {
  const used = useClient();

  it('deliver past events, report that they caught up, and continue with new events', async () => {
    const stream = newStream();
    await used.client.appendToStream(stream, countedUpTo(300));
    const taken = await take(used.client.subscribeToStream(stream, { fromRevision: START }), 302, () =>
      used.client.appendToStream(stream, [counted(300), counted(301)]),
    );
    expect(taken).toEqual(Array.from({ length: 302 }, (_, n) => n));
  });

  it('start after the given revision', async () => {
    const stream = newStream();
    await used.client.appendToStream(stream, countedUpTo(4));
    expect(await take(used.client.subscribeToStream(stream, { fromRevision: 1n }), 2)).toEqual([2, 3]);
  });

  it('wait for a stream that does not exist yet', async () => {
    const stream = newStream();
    const taken = take(used.client.subscribeToStream(stream, { fromRevision: START }), 1);
    await sleep(200);
    await used.client.appendToStream(stream, counted(7));
    expect(await taken).toEqual([7]);
  });

  it('end at the tombstone of their stream', async () => {
    const stream = newStream();
    await used.client.appendToStream(stream, counted(1));
    const subscription = used.client.subscribeToStream(stream, { fromRevision: START });
    const ended = new Promise((resolve) => subscription.once('error', resolve));
    subscription.on('data', () => undefined);
    subscription.once('caughtUp', () => void used.client.tombstoneStream(stream));
    expect(await ended).toBeInstanceOf(StreamDeletedError);
  });

  it('filter $all and send checkpoints while nothing matches', async () => {
    const [wanted, noise] = [newStream(), newStream()];
    const checkpoints: bigint[] = [];
    const filter = streamNameFilter({
      prefixes: [wanted],
      maxSearchWindow: 5,
      checkpointInterval: 2,
      checkpointReached: (_subscription, position) => {
        checkpoints.push(position.commit);
      },
    });
    const subscription = used.client.subscribeToAll({ fromPosition: END, filter });
    const taken = await take(subscription, 2, async () => {
      await used.client.appendToStream(wanted, counted(1));
      await used.client.appendToStream(noise, countedUpTo(40));
      await used.client.appendToStream(wanted, counted(2));
    });
    expect(taken).toEqual([1, 2]);
    expect(checkpoints.length).toBeGreaterThanOrEqual(3);
  });

  it('are served a thousand at once', async () => {
    const stream = newStream();
    const subscriptions = Array.from({ length: 1000 }, () =>
      take(used.client.subscribeToStream(stream, { fromRevision: START }), 3),
    );
    await used.client.appendToStream(stream, countedUpTo(3));
    for (const taken of await Promise.all(subscriptions)) expect(taken).toEqual([0, 1, 2]);
  });
});
