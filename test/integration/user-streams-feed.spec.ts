import { sleep, until } from '../support/eventually.js';
import {
  ANONYMOUS,
  type Caller,
  type EventStore,
  ownedBy,
  type RecordedEvent,
  StreamDeletedError,
  StreamNotFoundError,
} from '../../src/event-store/domain/index.js';
import { type FeedReader } from '../../src/user-streams/application/index.js';
import { initialMetadataOf, streamNameOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import { callerOf, caughtUp, newKey, type Replica, readerOf, requestFor, useReplica } from '../support/replica.js';

const upTo = (count: number): number[] => [...Array(count).keys()];

describe('the feed of a stream', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  let abort: AbortController;
  const replicas = useReplica((prepared) => ({ store, replica, key } = prepared));
  beforeEach(async () => {
    abort = new AbortController();
    await replica.streams.create(requestFor(key), initialMetadataOf(key, { isPublic: true }), { n: 0 });
  });
  afterEach(() => abort.abort());

  interface Following {
    readonly received: RecordedEvent[];
    readonly revisions: () => number[];
    readonly ended: Promise<unknown>;
    readonly hasEnded: () => boolean;
  }
  const follow = async (
    after: bigint | undefined,
    {
      caller = callerOf(key.userId),
      pauseMs,
      signal = abort.signal,
    }: { caller?: Caller; pauseMs?: number; signal?: AbortSignal } = {},
  ): Promise<Following> => {
    const received: RecordedEvent[] = [];
    let isOver = false;
    const events = await replica.feed.follow(caller, readerOf(caller), key, after, signal);
    const listen = async (): Promise<void> => {
      for await (const event of events) {
        received.push(event);
        if (pauseMs !== undefined) await sleep(pauseMs);
      }
    };
    const ended = listen().finally(() => (isOver = true));
    ended.catch(() => undefined);
    return {
      received,
      ended,
      revisions: () => received.map(({ revision }) => Number(revision)),
      hasEnded: () => isOver,
    };
  };
  const write = (n: number): Promise<unknown> => replica.streams.replace(requestFor(key), [{ data: { n } }]);

  it('sends all events after the revision that it resumes from, then each new one', async () => {
    await write(1);
    const feed = await follow(0n);
    await until(() => feed.received.length === 2);
    await write(2);
    await until(() => feed.received.length === 3);
    expect(feed.revisions()).toEqual([1, 2, 3]);
    expect(feed.received.map(({ type, data }) => [type, (data as { data: unknown }).data])).toEqual(
      [1, 2, 3].map((n) => ['UserDataUpdated', { n: n - 1 }]),
    );
    expect(feed.hasEnded()).toBe(false);
  });

  it('continues with the next event behind a revision that the stream does not have, as after a restore', async () => {
    await write(1);
    const feed = await follow(7n);
    await sleep(100);
    await write(2);
    await until(() => feed.received.length > 0);
    expect(feed.revisions()).toEqual([3]);
  });

  it('sends the first event from its start, and only new events without a revision', async () => {
    const [whole, fresh] = await Promise.all([follow(-1n), follow(undefined)]);
    await until(() => whole.received.length === 2);
    expect(fresh.received).toEqual([]);
    await write(1);
    await until(() => fresh.received.length === 1 && whole.received.length === 3);
    expect(whole.revisions()).toEqual([0, 1, 2]);
    expect(fresh.revisions()).toEqual([2]);
  });

  it('sends neither other streams nor the metadata', async () => {
    const feed = await follow(undefined);
    await replica.streams.replace(requestFor(newKey({ userId: key.userId, type: 'loans' })), [{ data: {} }]);
    await replica.metadata.change(callerOf(key.userId), key, { description: 'Changed' }, undefined);
    await write(1);
    await until(() => feed.received.length > 0);
    expect(feed.revisions()).toEqual([2]);
  });

  it('loses and repeats nothing while 1,000 events are written, with fast and slow listeners', async () => {
    const followers = await Promise.all([
      follow(undefined),
      follow(-1n),
      follow(undefined, { pauseMs: 1 }),
      follow(undefined, { caller: ANONYMOUS }),
    ]);
    for (let batch = 0; batch < 50; batch++) {
      await Promise.all([
        store.appendToStream(
          streamNameOf(key),
          upTo(10).map((n) => ({ type: 'Noted', data: { n } })),
        ),
        ...upTo(10).map((n) => store.appendToStream(streamNameOf(key), { type: 'Noted', data: { n } })),
      ]);
    }
    await until(() => followers.every(({ revisions }) => revisions().at(-1) === 1_001), undefined, {
      withinMs: 25_000,
    });
    const all = upTo(1_002);
    expect(followers.map(({ revisions }) => revisions())).toEqual([all.slice(2), all, all.slice(2), all.slice(2)]);
  });

  it('resumes without loss or repetition, however often it is aborted', async () => {
    const revisions: number[] = [];
    let writing = true;
    const written = (async () => {
      for (let n = 1; n <= 60; n++) await write(n);
      writing = false;
    })();
    for (let after = -1n; writing || revisions.length < 62;) {
      const cut = new AbortController();
      const feed = await follow(after, { signal: cut.signal });
      await sleep(7);
      cut.abort();
      await feed.ended;
      revisions.push(...feed.revisions());
      after = feed.received.at(-1)?.revision ?? after;
    }
    await written;
    expect(revisions).toEqual(upTo(62));
  });

  it("ends after the event of the stream's deletion", async () => {
    const feed = await follow(undefined);
    await sleep(20);
    await replica.streams.delete(requestFor(key));
    await feed.ended;
    expect(feed.received.map(({ type }) => type)).toEqual(['StreamDeleted']);
    await expect(follow(undefined)).rejects.toThrow(StreamDeletedError);
  });

  it.each(['soft delete', 'tombstone'] as const)("ends with KurrentDB's own %s", async (kind) => {
    const feeds = await Promise.all([follow(undefined), follow(undefined, { caller: ANONYMOUS })]);
    await sleep(20);
    const { client } = replicas.clients;
    await (kind === 'tombstone' ? client.tombstoneStream(streamNameOf(key)) : client.deleteStream(streamNameOf(key)));
    await Promise.all(feeds.map(({ ended }) => ended));
    expect(feeds.map(({ received }) => received)).toEqual([[], []]);
  });

  it('ends as soon as the caller loses the right to read, without any later event', async () => {
    const [stranger, owner] = await Promise.all([follow(undefined, { caller: ANONYMOUS }), follow(undefined)]);
    await write(1);
    await until(() => stranger.received.length === 1);
    await replica.metadata.change(callerOf(key.userId), key, { visibility: 'private' }, undefined);
    await write(2);
    await stranger.ended;
    await until(() => owner.received.length === 2);
    expect(stranger.revisions()).toEqual([2]);
    expect(owner.hasEnded()).toBe(false);
  });

  it('ends when the credentials of its reader are not valid any more, at once or before the next event', async () => {
    const credentials: { end?: 'credentials-revoked' } = {};
    let notify: () => void = () => undefined;
    const caller = callerOf(key.userId);
    const reader = (isNotified: boolean): FeedReader => ({
      current: () => (credentials.end ? { end: credentials.end } : { caller }),
      listen: (onChange) => {
        if (isNotified) notify = onChange;
        return () => undefined;
      },
    });
    const feeds = await Promise.all(
      [true, false].map((isNotified) => replica.feed.follow(caller, reader(isNotified), key, undefined, abort.signal)),
    );
    const steps = feeds.map((feed) => feed.next());
    await sleep(50);
    credentials.end = 'credentials-revoked';
    notify();
    expect(await steps[0]).toEqual({ done: true, value: 'credentials-revoked' });
    await write(1);
    expect(await steps[1]).toEqual({ done: true, value: 'credentials-revoked' });
  });

  it('ends also for a slow listener that has not received all events from before it lost the right', async () => {
    await store.appendToStream(
      streamNameOf(key),
      upTo(50).map((n) => ({ type: 'Noted', data: { n } })),
    );
    const stranger = await follow(-1n, { caller: ANONYMOUS, pauseMs: 10 });
    await until(() => stranger.received.length === 3);
    await replica.metadata.change(callerOf(key.userId), key, { permissions: ownedBy(key.userId) }, undefined);
    await stranger.ended;
    expect(stranger.received.length).toBeLessThan(50);
  });

  it('throws StreamNotFoundError for callers who may not read the stream', async () => {
    await replica.metadata.change(callerOf(key.userId), key, { visibility: 'private' }, undefined);
    await expect(follow(undefined, { caller: callerOf('bob') })).rejects.toThrow(StreamNotFoundError);
    await expect(
      replica.feed.follow(callerOf('bob'), readerOf(callerOf('bob')), newKey(), undefined, abort.signal),
    ).rejects.toThrow(StreamNotFoundError);
  });

  it('ends when aborted: while it waits, before it starts, and in the middle', async () => {
    const waiting = await follow(undefined);
    await sleep(20);
    const slow = await follow(-1n, { pauseMs: 30 });
    await until(() => slow.received.length === 1);
    abort.abort();
    await Promise.all([waiting.ended, slow.ended]);
    expect(slow.revisions()).toEqual([0]);
    const late = await follow(-1n);
    await late.ended;
    expect(late.received).toEqual([]);
  });

  it('removes its listeners when it has ended', async () => {
    const listening = new Set<unknown>();
    const caller = callerOf(key.userId);
    const reader: FeedReader = {
      ...readerOf(caller),
      listen: (onChange) => {
        listening.add(onChange);
        return () => listening.delete(onChange);
      },
    };
    const feeds = await Promise.all(
      [1, 2].map(() => replica.feed.follow(caller, reader, key, undefined, abort.signal)),
    );
    const ends = feeds.map(async (feed) => (await feed.next()).value);
    await until(() => listening.size === 2);
    abort.abort();
    expect(await Promise.all(ends)).toEqual(['closed', 'closed']);
    expect(listening.size).toBe(0);
  });

  it('waits for an event that another replica has recorded and this one has not received', async () => {
    const other = await replicas.open();
    await caughtUp(other, store, key);
    replica.delay.begin();
    await other.streams.replace(requestFor(key), [{ data: { n: 1 } }]);
    // The client got revision 2 from the other replica.
    const feed = await follow(2n);
    await other.streams.replace(requestFor(key), [{ data: { n: 2 } }]);
    replica.delay.end();
    await until(() => feed.received.length > 0);
    expect(feed.revisions()).toEqual([3]);
  });
});
