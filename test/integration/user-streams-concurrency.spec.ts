import { randomUUID } from 'node:crypto';
import { type EventStore, WrongExpectedRevisionError } from '../../src/event-store/domain/index.js';
import { type WriteOutcome } from '../../src/user-streams/application/index.js';
import {
  initialMetadataOf,
  streamNameOf,
  type UserData,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import { atRevision, caughtUp, dataOf, newKey, type Replica, requestFor, useReplica } from '../support/replica.js';

const WRITERS = 64;
const upTo = (count: number): number[] => [...Array(count).keys()];

describe('concurrent writers', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  const { open } = useReplica((prepared) => ({ store, replica, key } = prepared));

  const revisionsOf = async (of: UserStreamKey): Promise<number[]> =>
    (await store.readStream(streamNameOf(of), { limit: 1_000 })).map(({ revision }) => Number(revision));
  const dataIn = async (of: UserStreamKey): Promise<UserData[]> =>
    (await store.readStream(streamNameOf(of), { limit: 1_000 }))
      .filter(({ type }) => type === 'UserDataUpdated')
      .map(({ data }) => (data as { data: UserData }).data);
  /** Writer n adds member n to the data: all exist at the end unless a change was lost. */
  const member = (n: number): UserData => ({ [`m${n}`]: n });
  const allMembers = (count: number): UserData => Object.assign({}, ...upTo(count).map(member)) as UserData;

  it('64 of one stream without a precondition all succeed, none is lost, the revisions have no gap', async () => {
    const outcomes = await Promise.all(
      upTo(WRITERS).map((n) => replica.streams.replace(requestFor(key), [{ data: { n } }])),
    );
    expect(await revisionsOf(key)).toEqual(upTo(WRITERS + 1));
    expect(outcomes.map(({ revision }) => revision).sort((one, other) => one - other)).toEqual(
      upTo(WRITERS + 1).slice(1),
    );
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
    const stored = await dataIn(key);
    for (const [n, { revision }] of outcomes.entries()) expect(stored[revision - 1]).toEqual({ n });
  });

  it('64 that change one stream lose no change', async () => {
    await replica.streams.replace(requestFor(key), [{ data: {} }]);
    await Promise.all(upTo(WRITERS).map((n) => replica.streams.change(requestFor(key), member(n))));
    expect(dataOf(replica, key)).toEqual(allMembers(WRITERS));
    expect(await revisionsOf(key)).toEqual(upTo(WRITERS + 2));
  });

  it('64 with one expected revision: one succeeds, the others get the new revision', async () => {
    await replica.streams.replace(requestFor(key), [{ data: {} }]);
    const outcomes = await Promise.allSettled(
      upTo(WRITERS).map((n) => replica.streams.change(requestFor(key, atRevision(1)), member(n))),
    );
    const rejected = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as WrongExpectedRevisionError] : [],
    );
    expect(rejected).toHaveLength(WRITERS - 1);
    for (const error of rejected)
      expect(error).toMatchObject({
        type: 'wrong-expected-revision',
        streamName: streamNameOf(key),
        expected: 1n,
        current: 2n,
      });
    expect(await revisionsOf(key)).toEqual([0, 1, 2]);
  });

  it.each([1, 2])(
    '64 that retry with the reported revision until they succeed, on %d replicas: every reported revision is right',
    async (count) => {
      const replicas = [replica, ...(count === 2 ? [await open()] : [])];
      await replica.streams.replace(requestFor(key), [{ data: {} }]);
      const reported: bigint[] = [];
      const write = async (n: number): Promise<WriteOutcome> => {
        for (let expected = 1; ;) {
          try {
            return await (replicas[n % count] ?? replica).streams.change(
              requestFor(key, atRevision(expected)),
              member(n),
            );
          } catch (error) {
            if (!(error instanceof WrongExpectedRevisionError) || typeof error.current !== 'bigint') throw error;
            // The stream has changed since, so that the reported revision is one that existed.
            expect(error.current).toBeGreaterThan(BigInt(expected));
            reported.push(error.current);
            expected = Number(error.current);
          }
        }
      };
      const outcomes = await Promise.all(upTo(WRITERS).map(write));
      expect(await revisionsOf(key)).toEqual(upTo(WRITERS + 2));
      expect(new Set(outcomes.map(({ revision }) => revision)).size).toBe(WRITERS);
      expect(reported.every((revision) => revision <= BigInt(WRITERS + 1))).toBe(true);
      await caughtUp(replica, store, key);
      expect(dataOf(replica, key)).toEqual(allMembers(WRITERS));
    },
  );

  it('on two replicas that change the same streams lose no change', async () => {
    const replicas = [replica, await open()] as const;
    const keys = [key, newKey(), newKey()];
    for (const each of keys) {
      await replica.streams.replace(requestFor(each), [{ data: {} }]);
      await caughtUp(replicas[1], store, each);
    }
    await Promise.all(
      keys.flatMap((each) =>
        upTo(40).map((n) => (replicas[n % 2] ?? replica).streams.change(requestFor(each), member(n))),
      ),
    );
    for (const one of replicas) {
      await caughtUp(one, store, key);
      for (const each of keys) expect(dataOf(one, each)).toEqual(allMembers(40));
    }
    for (const each of keys) expect(await revisionsOf(each)).toEqual(upTo(42));
  });

  it('on two replicas that write to several streams at once write all or none of each', async () => {
    const replicas = [replica, await open()] as const;
    const { userId } = key;
    const keys = [key, newKey({ userId, type: 'loans' }), newKey({ userId, type: 'offers' })];
    await Promise.all(
      upTo(30).map((n) =>
        (replicas[n % 2] ?? replica).streams.replaceAll(
          (n % 3 === 0 ? keys.toReversed() : keys).map((each) => ({
            request: requestFor(each),
            data: [{ data: { n } }],
          })),
        ),
      ),
    );
    const [first, ...others] = await Promise.all(keys.map(dataIn));
    expect(first).toHaveLength(30);
    // The same order in every stream, since all were written together.
    for (const other of others) expect(other).toEqual(first);
    for (const each of keys) expect(await revisionsOf(each)).toEqual(upTo(31));
  });

  it('that create one stream on two replicas: one succeeds, all others get StreamAlreadyExistsError', async () => {
    const replicas = [replica, await open()] as const;
    const outcomes = await Promise.allSettled(
      upTo(20).map((n) =>
        (replicas[n % 2] ?? replica).streams.create(
          requestFor(key),
          initialMetadataOf(key, { description: String(n) }),
          {
            n,
          },
        ),
      ),
    );
    const done = outcomes.flatMap((outcome, n) => (outcome.status === 'fulfilled' ? [{ n, ...outcome.value }] : []));
    expect(done).toMatchObject([{ created: true, revision: 1 }]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ type: 'stream-already-exists' });
    expect(await dataIn(key)).toEqual([{ n: done[0]?.n }]);
    expect((await store.getStreamMetadata(streamNameOf(key))).metadata.description).toBe(String(done[0]?.n));
  });

  describe('with the same Idempotency-Key, sent to two replicas at the same moment', () => {
    let other: Replica;
    beforeEach(async () => {
      other = await open();
    });
    const both = <Outcome>(write: (on: Replica) => Promise<Outcome>): Promise<Outcome[]> =>
      Promise.all([replica, other, replica, other].map(write));
    const asOne = (outcomes: readonly WriteOutcome[]): object[] =>
      outcomes.map(({ replayed: _, largestBytes: __, ...outcome }) => outcome);

    it('are executed once with the same outcome for all when they create a stream', async () => {
      for (let round = 0; round < 10; round++) {
        const each = newKey();
        const request = requestFor(each, { idempotencyKey: randomUUID() });
        const [first, ...others] = asOne(await both(({ streams }) => streams.replace(request, [{ data: { round } }])));
        expect(first).toMatchObject({ revision: 1, created: true });
        for (const outcome of others) expect(outcome).toEqual(first);
        expect(await revisionsOf(each)).toEqual([0, 1]);
      }
    });

    it('are executed once with the same outcome for all when they change one that others write to', async () => {
      await replica.streams.replace(requestFor(key), [{ data: {} }]);
      await caughtUp(other, store, key);
      for (let round = 0; round < 10; round++) {
        const request = requestFor(key, { idempotencyKey: randomUUID() });
        const noise = [replica, other].map(({ streams }, n) => streams.change(requestFor(key), member(n)));
        const [first, ...others] = asOne(await both(({ streams }) => streams.change(request, { round })));
        await Promise.all(noise);
        for (const outcome of others) expect(outcome).toEqual(first);
      }
      expect(await revisionsOf(key)).toEqual(upTo(2 + 10 * 3));
    });

    it('are executed once with the same outcome for all when they write to several streams', async () => {
      for (let round = 0; round < 10; round++) {
        const { userId } = newKey();
        const keys = [newKey({ userId }), newKey({ userId, type: 'loans' })];
        const idempotencyKey = randomUUID();
        const [first, ...others] = (
          await both(({ streams }) =>
            streams.replaceAll(
              keys.map((each) => ({ request: requestFor(each, { idempotencyKey }), data: [{ data: { round } }] })),
            ),
          )
        ).map(asOne);
        for (const outcome of others) expect(outcome).toEqual(first);
        for (const each of keys) expect(await revisionsOf(each)).toEqual([0, 1]);
      }
    });

    it('are executed once and rejected once when the requests differ', async () => {
      for (let round = 0; round < 10; round++) {
        const each = newKey();
        const request = requestFor(each, { idempotencyKey: randomUUID() });
        const outcomes = await Promise.allSettled(
          [replica, other].map(({ streams }, n) => streams.replace(request, [{ data: { n } }])),
        );
        const done = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
        expect(done).toHaveLength(1);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected')
            expect(outcome.reason).toMatchObject({
              type: 'validation-error',
              message: expect.stringContaining('was used for another request') as string,
            });
        expect(await dataIn(each)).toEqual([{ n: done[0] }]);
      }
    });
  });
});
