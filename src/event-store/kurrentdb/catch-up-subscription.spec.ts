import { PassThrough } from 'node:stream';
import { ConnectionError, type EventBatch, type RecordedEvent } from '../domain/index.js';
import { CatchUpSubscription, type Delivery, type SubscriptionSource } from './catch-up-subscription.js';

const READ_IDLE_MS = 10_000;

/** Position of an event in these tests: its number. */
const positionOf = (number: number): { commit: bigint; prepare: bigint } => ({
  commit: BigInt(number),
  prepare: BigInt(number),
});
const delivery = (number: number): Delivery => ({
  event: { eventId: String(number) } as RecordedEvent,
  position: positionOf(number),
});

/** A subscription without events, as the client returns it. */
const openStream = (): ReturnType<SubscriptionSource<number>['open']> =>
  Object.assign(new PassThrough({ objectMode: true }), {
    unsubscribe: () => Promise.resolve(),
  });

describe('a catch-up subscription that reads stored events first', () => {
  const delivered: string[] = [];
  const opened: number[] = [];
  const follow = (readStored: SubscriptionSource<number>['readStored']): CatchUpSubscription<number> =>
    new CatchUpSubscription<number>(
      {
        readStored,
        open: (after) => {
          opened.push(after);
          return openStream();
        },
        cursorOf: ({ position }) => (position ? Number(position.commit) : undefined),
      },
      0,
      { onBatch: ({ events }: EventBatch) => void delivered.push(...events.map(({ eventId }) => eventId)) },
      ({ id }) => ({ eventId: id }) as RecordedEvent,
      () => new ConnectionError('lost'),
    );

  beforeEach(() => {
    delivered.length = 0;
    opened.length = 0;
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  });
  afterEach(() => jest.useRealTimers());

  it('subscribes behind the events that a suspended read has delivered', async () => {
    const subscription = follow(async (_after, deliver) => {
      await deliver([delivery(1), delivery(2)]);
      await new Promise(() => undefined);
    });
    await jest.advanceTimersByTimeAsync(READ_IDLE_MS - 1);
    expect([delivered, opened]).toEqual([['1', '2'], []]);
    await jest.advanceTimersByTimeAsync(1);
    expect(opened).toEqual([2]);
    await subscription.stop();
  });

  it('takes no more events from a read that it has abandoned', async () => {
    let late = (): void => undefined;
    const rejected: unknown[] = [];
    const subscription = follow(async (_after, deliver) => {
      await new Promise<void>((resolve) => (late = resolve));
      await deliver([delivery(1)]).catch((error: unknown) => rejected.push(error));
    });
    await jest.advanceTimersByTimeAsync(READ_IDLE_MS);
    late();
    await jest.advanceTimersByTimeAsync(0);
    expect([delivered, opened, rejected.length]).toEqual([[], [0], 1]);
    await subscription.stop();
  });

  it('waits for the next event as long as for the first', async () => {
    const subscription = follow(async (_after, deliver) => {
      for (let number = 1; number <= 3; number++) {
        await new Promise((resolve) => setTimeout(resolve, READ_IDLE_MS - 1));
        await deliver([delivery(number)]);
      }
    });
    await jest.advanceTimersByTimeAsync(3 * READ_IDLE_MS);
    expect([delivered, opened]).toEqual([['1', '2', '3'], [3]]);
    await subscription.stop();
  });

  it('reports a checkpoint as such, never as an empty batch, and repeats it if its handler failed', async () => {
    const checkpoints: (number | string)[] = [];
    let fails = true;
    const subscription = new CatchUpSubscription<number>(
      {
        readStored: (after, deliver) => (after < 9 ? deliver([{ position: positionOf(9) }]) : Promise.resolve()),
        open: (after) => {
          opened.push(after);
          return openStream();
        },
        cursorOf: ({ position }) => (position ? Number(position.commit) : undefined),
      },
      0,
      {
        onBatch: ({ events }) => void delivered.push(`batch of ${events.length}`),
        onCheckpoint: ({ commit }) => {
          checkpoints.push(Number(commit));
          if (fails) throw new Error('the table is full');
        },
        onInterrupted: ({ message }) => {
          fails = false;
          checkpoints.push(message);
        },
      },
      ({ id }) => ({ eventId: id }) as RecordedEvent,
      () => new ConnectionError('lost'),
    );
    await jest.advanceTimersByTimeAsync(1_000);
    expect([delivered, checkpoints, opened]).toEqual([[], [9, 'the table is full', 9], [9]]);
    await subscription.stop();
  });

  it('stops while a read is suspended', async () => {
    const subscription = follow(() => new Promise(() => undefined));
    await subscription.stop();
    expect(opened).toEqual([]);
  });
});
