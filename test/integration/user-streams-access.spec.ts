import { sleep } from '../support/eventually.js';
import { type Caller, ownedBy, type RecordedEvent } from '../../src/event-store/domain/index.js';
import { initialMetadataOf, streamNameOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import { callerOf, caughtUp, newKey, rejectionOf, type Replica, requestFor, useReplicas } from '../support/replica.js';

const BOB = callerOf('bob');

/** What a caller gets: error type, or undefined. */
async function errorTypeOf(read: () => unknown): Promise<unknown> {
  try {
    await read();
    return undefined;
  } catch (error) {
    return (error as { type?: string }).type ?? error;
  }
}

/** A feed whose events are collected until it ends. */
async function follow(
  { feed }: Replica,
  caller: Caller,
  key: UserStreamKey,
): Promise<{ readonly events: RecordedEvent[]; readonly ended: Promise<void> }> {
  const events: RecordedEvent[] = [];
  const following = feed.follow(caller, key, undefined, new AbortController().signal);
  const ended = (async () => {
    for await (const event of following) events.push(event);
  })();
  // The first read is behind it: from here on the feed waits for events.
  await sleep(50);
  return { events, ended };
}

describe('a change of access, on the replica that wrote it and whose tables do not have it yet', () => {
  const replicas = useReplicas();
  let replica: Replica;
  let key: UserStreamKey;

  beforeEach(async () => {
    replica = await replicas.open();
    key = newKey();
    const permissions = { ...ownedBy(key.userId), read: [key.userId, 'bob'], write: [key.userId, 'bob'] };
    await replica.streams.create(requestFor(key), initialMetadataOf(key, { permissions }), { n: 1 });
    await caughtUp(replica, replicas.store, key);
    replica.delay.begin();
  });
  afterEach(() => replica.delay.end());

  const readsOf = (caller: Caller): readonly (() => unknown)[] => [
    () => replica.queries.state(caller, key),
    () => replica.queries.stateAtRevision(caller, key, 1n),
    () => replica.queries.stateAtTime(caller, key, Number.MAX_SAFE_INTEGER),
    () => replica.queries.readable(caller, key),
    () => replica.feed.follow(caller, key, undefined, new AbortController().signal),
  ];
  const outcomes = (caller: Caller): Promise<unknown[]> => Promise.all(readsOf(caller).map(errorTypeOf));
  const listed = (caller: Caller, status: 'active' | 'deleted' = 'active'): string[] =>
    replica.queries.list(caller, key.userId, { status }, 10).streams.map(({ name }) => name);

  it('hides a stream that was made private from every way to read it, and ends the feed', async () => {
    expect(await outcomes(BOB)).toEqual(readsOf(BOB).map(() => undefined));
    expect(listed(BOB)).toEqual([streamNameOf(key)]);
    const { events, ended } = await follow(replica, BOB, key);
    await replica.metadata.change(callerOf(key.userId), key, { permissions: ownedBy(key.userId) }, undefined);
    expect(replica.model.position).toBeDefined();
    expect(await outcomes(BOB)).toEqual(readsOf(BOB).map(() => 'stream-not-found'));
    expect(listed(BOB)).toEqual([]);
    expect(
      await rejectionOf(replica.streams.replace(requestFor(key, { caller: BOB }), [{ data: { n: 2 } }])),
    ).toMatchObject({ type: 'permission-error' });
    await ended;
    expect(events).toEqual([]);
  });

  it('opens a stream that was made public', async () => {
    const carol = callerOf('carol');
    await replica.metadata.change(callerOf(key.userId), key, { visibility: 'public' }, undefined);
    expect(await outcomes(carol)).toEqual(readsOf(carol).map(() => undefined));
    expect(listed(carol)).toEqual([streamNameOf(key)]);
  });

  it('deletes and restores for everyone', async () => {
    const owner = callerOf(key.userId);
    const { ended } = await follow(replica, BOB, key);
    await replica.streams.delete(requestFor(key));
    for (const caller of [BOB, owner]) {
      expect(await outcomes(caller)).toEqual(readsOf(caller).map(() => 'stream-deleted'));
      expect(listed(caller)).toEqual([]);
    }
    expect(listed(owner, 'deleted')).toEqual([streamNameOf(key)]);
    replica.delay.end();
    await ended;
    await caughtUp(replica, replicas.store, key);
    replica.delay.begin();
    await replica.streams.restore(requestFor(key));
    for (const caller of [BOB, owner]) {
      expect(await outcomes(caller)).toEqual(readsOf(caller).map(() => undefined));
      expect(listed(caller)).toEqual([streamNameOf(key)]);
    }
    expect(listed(owner, 'deleted')).toEqual([]);
  });

  it('gives way to a later change of another replica once the tables have both', async () => {
    const other = await replicas.open();
    await replica.metadata.change(callerOf(key.userId), key, { permissions: ownedBy(key.userId) }, undefined);
    await other.metadata.change(callerOf(key.userId), key, { visibility: 'public' }, undefined);
    expect(listed(BOB)).toEqual([]);
    replica.delay.end();
    await caughtUp(replica, replicas.store, key);
    expect(await outcomes(BOB)).toEqual(readsOf(BOB).map(() => undefined));
    expect(listed(BOB)).toEqual([streamNameOf(key)]);
  });
});
