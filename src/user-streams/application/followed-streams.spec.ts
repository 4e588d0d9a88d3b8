import { MemoryEventStore } from '../../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../../test/support/probed-service.js';
import { systemClock } from '../../common/clock.js';
import { type EventPageReader } from '../../event-store/domain/index.js';
import { type FollowedStream, FollowedStreams } from './followed-streams.js';
import { type UserStreamListener } from './user-stream-read-model.js';

const STREAM = 'user-alice-activity-log';

describe('the streams of feeds', () => {
  let store: MemoryEventStore;
  let streams: FollowedStreams;
  let notify: UserStreamListener;
  let reads: number;
  let isHeld: Promise<void> | undefined;

  beforeEach(() => {
    store = new MemoryEventStore(uptimeEvents());
    reads = 0;
    isHeld = undefined;
    const read: EventPageReader['read'] = async (name, { from }) => {
      reads++;
      const events = await store.readStream(name, from === undefined ? {} : { from });
      await isHeld;
      return { events, next: undefined, bytes: 100 * events.length };
    };
    streams = new FollowedStreams(
      { listen: (listener) => ((notify = listener), () => undefined) },
      { read },
      systemClock,
    );
  });

  const append = (count = 1): Promise<unknown> =>
    store.appendToStream(
      STREAM,
      Array.from({ length: count }, () => ({ type: 'Happened', data: {} })),
    );
  const revisions = async (stream: FollowedStream, from: bigint): Promise<number[] | undefined> =>
    (await stream.read(from))?.map(({ revision }) => Number(revision));

  it('are read once for all feeds that are at the same event', async () => {
    await append();
    const feeds = Array.from({ length: 1_000 }, () => streams.follow(STREAM, () => undefined));
    expect(await Promise.all(feeds.map((feed) => revisions(feed, 0n)))).toEqual(feeds.map(() => [0]));
    for (const feed of feeds.slice(0, 10)) expect(await revisions(feed, 0n)).toEqual([0]);
    expect(reads).toBe(1);
  });

  it('are read again for a feed that was notified after a read had begun', async () => {
    const woken: string[] = [];
    const first = streams.follow(STREAM, () => woken.push('first'));
    const second = streams.follow(STREAM, () => woken.push('second'));
    let release = (): void => undefined;
    isHeld = new Promise((resolve) => (release = resolve));
    await append();
    const old = first.read(1n);
    await new Promise((resolve) => setImmediate(resolve));
    await append();
    notify(new Set([STREAM, 'user-bob-activity-log']));
    expect(woken).toEqual(['first', 'second']);
    const read = revisions(second, 1n);
    release();
    expect(await old).toEqual([]);
    expect(await read).toEqual([1]);
  });

  it('are read again for a feed that begins after a read which the last feed before it had begun', async () => {
    const first = streams.follow(STREAM, () => undefined);
    let release = (): void => undefined;
    isHeld = new Promise((resolve) => (release = resolve));
    await append();
    const old = first.read(1n);
    await new Promise((resolve) => setImmediate(resolve));
    first.stop();
    await append();
    notify(new Set([STREAM]));
    const read = revisions(
      streams.follow(STREAM, () => undefined),
      1n,
    );
    release();
    expect(await old).toEqual([]);
    expect(await read).toEqual([1]);
  });

  it('notify no feed that has ended', () => {
    const woken: string[] = [];
    const first = streams.follow(STREAM, () => woken.push('first'));
    streams.follow(STREAM, () => woken.push('second'));
    first.stop();
    notify(new Set([STREAM]));
    expect(woken).toEqual(['second']);
  });

  it('have no events if the stream was deleted in KurrentDB itself', async () => {
    expect(await streams.follow('user-bob-activity-log', () => undefined).read(0n)).toBeUndefined();
  });
});
