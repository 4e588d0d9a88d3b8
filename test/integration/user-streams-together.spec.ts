import { randomUUID } from 'node:crypto';
import { type EventStore, PermissionError, ValidationError } from '../../src/event-store/domain/index.js';
import { streamNameOf, type UserData, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import {
  atRevision,
  callerOf,
  caughtUp,
  dataOf,
  newKey,
  rejectionOf,
  type Replica,
  requestFor,
  useReplica,
} from '../support/replica.js';

describe('writing to several streams of a user at once', () => {
  let store: EventStore;
  let replica: Replica;
  let keys: readonly [UserStreamKey, UserStreamKey, UserStreamKey];
  useReplica((prepared) => {
    ({ store, replica } = prepared);
    const { userId } = prepared.key;
    keys = [newKey({ userId }), newKey({ userId, type: 'loans', category: 'car' }), newKey({ userId, type: 'offers' })];
  });

  type Conditions = Parameters<typeof requestFor>[1];
  const writeAll = (
    writes: readonly (readonly [UserStreamKey, UserData, Conditions?])[],
    common: Conditions = {},
  ): ReturnType<Replica['streams']['replaceAll']> =>
    replica.streams.replaceAll(
      writes.map(([key, data, more]) => ({ request: requestFor(key, { ...common, ...more }), data: [{ data }] })),
    );
  const revisions = (): (number | undefined)[] => keys.map((key) => replica.table.stream(key)?.revision);

  it('writes all, creates missing streams, and returns the outcomes in the order of the request', async () => {
    const [profile, loans, offers] = keys;
    await replica.streams.replace(requestFor(loans), [{ data: { n: 0 } }]);
    const outcomes = await writeAll([
      [offers, { n: 1 }],
      [loans, { n: 2 }],
      [profile, { n: 3 }],
    ]);
    expect(outcomes).toMatchObject([
      { streamName: streamNameOf(offers), revision: 1, created: true },
      { streamName: streamNameOf(loans), revision: 2, created: false },
      { streamName: streamNameOf(profile), revision: 1, created: true },
    ]);
    expect(keys.map((key) => dataOf(replica, key))).toEqual([{ n: 3 }, { n: 2 }, { n: 1 }]);
    for (const [index, key] of [offers, loans, profile].entries()) {
      const last = (await store.readStream(streamNameOf(key))).at(-1);
      expect(last).toMatchObject({
        eventId: outcomes[index]?.eventId,
        metadata: { schemaVersion: 1, actor: key.userId, correlationId: 'request-1', dataSchema: `${key.type}@1` },
      });
      expect((await store.getStreamMetadata(streamNameOf(key))).metadata).toMatchObject({
        permissions: { read: [key.userId] },
      });
    }
  });

  it('writes nothing if one of them is at another revision, and names it with its revision', async () => {
    const [profile, loans, offers] = keys;
    await writeAll([
      [profile, { n: 1 }],
      [loans, { n: 1 }],
    ]);
    expect(
      await rejectionOf(
        writeAll([
          [profile, { n: 2 }, atRevision(1)],
          [loans, { n: 2 }, atRevision(0)],
          [offers, { n: 2 }],
        ]),
      ),
    ).toMatchObject({ type: 'wrong-expected-revision', streamName: streamNameOf(loans), expected: 0n, current: 1n });
    expect(
      await rejectionOf(
        writeAll([
          [profile, { n: 2 }],
          [offers, { n: 2 }, atRevision(3)],
        ]),
      ),
    ).toMatchObject({
      type: 'wrong-expected-revision',
      streamName: streamNameOf(offers),
      expected: 3n,
      current: 'no_stream',
    });
    expect(revisions()).toEqual([1, 1, undefined]);
    expect(
      await writeAll([
        [profile, { n: 2 }, atRevision(1)],
        [loans, { n: 2 }, atRevision(1)],
      ]),
    ).toMatchObject([{ revision: 2 }, { revision: 2 }]);
  });

  it('writes nothing if the schema rejects one of them, or the caller may not write to one', async () => {
    const [profile, loans] = keys;
    expect(
      await rejectionOf(
        writeAll([
          [profile, { n: 1 }],
          [loans, { refused: 1 }],
        ]),
      ),
    ).toBeInstanceOf(ValidationError);
    expect(
      await rejectionOf(
        writeAll([
          [profile, { n: 1 }],
          [newKey(), { n: 1 }, { caller: callerOf(profile.userId) }],
        ]),
      ),
    ).toBeInstanceOf(PermissionError);
    expect(revisions()).toEqual([undefined, undefined, undefined]);
  });

  it('accepts concurrent writes over overlapping streams, with gapless revisions in each', async () => {
    const [profile, loans, offers] = keys;
    const pairs = [
      [profile, loans],
      [loans, offers],
      [offers, profile],
      [loans, profile],
    ] as const;
    await Promise.all(
      Array.from({ length: 24 }, (_, n) => writeAll((pairs[n % 4] ?? pairs[0]).map((key) => [key, { n }] as const))),
    );
    expect(revisions()).toEqual([18, 18, 12]);
    for (const key of keys)
      expect((await store.readStream(streamNameOf(key))).map(({ revision }) => Number(revision))).toEqual([
        ...Array((replica.table.stream(key)?.revision ?? 0) + 1).keys(),
      ]);
  });

  describe('with an Idempotency-Key', () => {
    it('is executed once, and repeated with the same outcome', async () => {
      const [profile, loans] = keys;
      const common = { idempotencyKey: randomUUID() };
      const first = await writeAll(
        [
          [profile, { n: 1 }],
          [loans, { n: 1 }],
        ],
        common,
      );
      await writeAll([[profile, { n: 2 }]]);
      expect(
        await writeAll(
          [
            [profile, { n: 1 }],
            [loans, { n: 1 }],
          ],
          common,
        ),
      ).toEqual(first.map((outcome) => ({ ...outcome, replayed: true, largestBytes: 0 })));
      expect(revisions()).toEqual([2, 1, undefined]);
      expect(dataOf(replica, profile)).toEqual({ n: 2 });
    });

    it('is rejected if the key was used for fewer or more streams, and nothing is written', async () => {
      const [profile, loans, offers] = keys;
      const common = { idempotencyKey: randomUUID() };
      await writeAll(
        [
          [profile, { n: 1 }],
          [loans, { n: 1 }],
        ],
        common,
      );
      for (const other of [[profile, loans, offers], [profile], [loans, profile], [offers, profile]]) {
        expect(
          await rejectionOf(
            writeAll(
              other.map((key) => [key, { n: 1 }] as const),
              common,
            ),
          ),
        ).toMatchObject({
          type: 'validation-error',
          message: expect.stringContaining('was used for another request') as string,
        });
      }
      expect(revisions()).toEqual([1, 1, undefined]);
    });
  });
});

describe('a write with an Idempotency-Key', () => {
  let store: EventStore;
  let replica: Replica;
  let key: UserStreamKey;
  const { open } = useReplica((prepared) => ({ store, replica, key } = prepared));

  it.each([
    [
      'replace',
      (request: ReturnType<typeof requestFor>) =>
        replica.streams.replace(request, [{ data: { n: 1 } }, { data: { n: 2 } }]),
    ],
    ['change', (request: ReturnType<typeof requestFor>) => replica.streams.change(request, { added: 1 })],
    ['delete', (request: ReturnType<typeof requestFor>) => replica.streams.delete(request)],
  ] as const)('%s is executed once, and repeated with the same outcome, also by a new replica', async (_, write) => {
    await replica.streams.replace(requestFor(key), [{ data: { n: 0 } }]);
    const request = requestFor(key, { idempotencyKey: randomUUID() });
    const first = await write(request);
    const again = { ...first, replayed: true, largestBytes: 0 };
    expect(await write(request)).toEqual(again);
    replica = await open();
    expect(await write(request)).toEqual(again);
    expect(replica.table.stream(key)?.revision).toBe(first.revision);
  });

  it('reports again that it created the stream', async () => {
    const request = requestFor(key, { idempotencyKey: randomUUID(), precondition: { kind: 'absent' } });
    const first = await replica.streams.replace(request, [{ data: { n: 1 } }]);
    expect(first).toMatchObject({ created: true, replayed: false });
    expect(await replica.streams.replace(request, [{ data: { n: 1 } }])).toMatchObject({
      created: true,
      replayed: true,
      revision: 1,
      eventId: first.eventId,
      at: first.at,
    });
  });

  it('is rejected if the caller used the key for another request on the same stream', async () => {
    const idempotencyKey = randomUUID();
    const request = requestFor(key, { idempotencyKey });
    await replica.streams.replace(request, [{ data: { n: 1 } }]);
    for (const other of [
      replica.streams.replace(request, [{ data: { n: 2 } }]),
      replica.streams.change(request, { n: 1 }),
      replica.streams.delete(request),
      replica.streams.replace({ ...request, ...atRevision(1) }, [{ data: { n: 1 } }]),
    ]) {
      expect(await rejectionOf(other)).toMatchObject({
        type: 'validation-error',
        message: expect.stringContaining('was used for another request') as string,
      });
    }
    expect(replica.table.stream(key)?.revision).toBe(1);
    const admin = { ...request, caller: callerOf('root', 'admin') };
    expect(await replica.streams.replace(admin, [{ data: { n: 2 } }])).toMatchObject({ replayed: false, revision: 2 });
    expect(await replica.streams.replace(requestFor(newKey(), { idempotencyKey }), [{ data: { n: 1 } }])).toMatchObject(
      { replayed: false },
    );
  });

  it('may be retried after a rejection', async () => {
    const idempotencyKey = randomUUID();
    const request = requestFor(key, { idempotencyKey, ...atRevision(1) });
    expect(await rejectionOf(replica.streams.change(request, { n: 1 }))).toMatchObject({
      type: 'wrong-expected-revision',
    });
    await replica.streams.replace(requestFor(key), [{ data: {} }]);
    expect(await replica.streams.change(request, { n: 1 })).toMatchObject({ replayed: false, revision: 2 });
    await caughtUp(replica, store, key);
    expect(dataOf(replica, key)).toEqual({ n: 1 });
  });
});
