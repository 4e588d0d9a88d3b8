import { randomUUID } from 'node:crypto';
import {
  EventTooLargeError,
  isEvent,
  type NewStreamMetadata,
  ownedBy,
  StreamDeletedError,
  StreamNotFoundError,
  type StreamWrite,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { Greeted, greeted, newStream, useStore } from '../support/connected-store.js';
import { rejectionOf } from '../support/replica.js';

const write = (
  streamName: string,
  expectedRevision: StreamWrite['expectedRevision'],
  ...greetings: readonly string[]
): StreamWrite => ({ streamName, expectedRevision, events: greetings.map(greeted) });
describe('KurrentDBService: appending to several streams', () => {
  const connected = useStore();
  let store: KurrentDBService;
  let names: readonly [string, string, string];
  beforeAll(() => ({ store } = connected));
  beforeEach(() => {
    names = [newStream(), newStream(), newStream()];
  });
  const greetingsIn = async (name: string): Promise<string[]> =>
    (await store.streamExists(name))
      ? (await store.readStream(name)).map(({ data }) => (data as Greeted).greeting)
      : [];

  it('writes all, and returns the revision of each and a position that includes them', async () => {
    const [a, b, c] = names;
    await store.appendToStream(b, greeted('b0'));
    const { revisions, position } = await store.appendToStreams([
      write(a, 'no_stream', 'a0', 'a1'),
      write(b, 0n, 'b1'),
      write(c, 'any', 'c0'),
    ]);
    expect(revisions).toEqual(
      new Map([
        [a, 1n],
        [b, 1n],
        [c, 0n],
      ]),
    );
    expect(await Promise.all(names.map(greetingsIn))).toEqual([['a0', 'a1'], ['b0', 'b1'], ['c0']]);
    const positions = (await Promise.all(names.map((name) => store.readStream(name))))
      .flat()
      .map((event) => event.position?.commit ?? -1n);
    for (const each of positions) expect(position?.commit).toBeGreaterThanOrEqual(each);
  });

  it.each([
    ['a revision too low', 0n, 1n],
    ['a revision too high', 9n, 1n],
    ['no stream', 'no_stream', 1n],
  ] as const)(
    'writes none if one expects %s, and names that stream with both revisions',
    async (_, expectedRevision, current) => {
      const [a, b, c] = names;
      await store.appendToStream(b, [greeted('b0'), greeted('b1')]);
      const error = await rejectionOf(
        store.appendToStreams([write(a, 'no_stream', 'a0'), write(b, expectedRevision, 'b2'), write(c, 'any', 'c0')]),
      );
      expect(error).toBeInstanceOf(WrongExpectedRevisionError);
      expect(error).toMatchObject({ streamName: b, expected: expectedRevision, current });
      expect(await Promise.all(names.map(greetingsIn))).toEqual([[], ['b0', 'b1'], []]);
    },
  );

  it.each([3n, 'stream_exists'] as const)(
    'writes none if one expects %s of a missing stream',
    async (expectedRevision) => {
      const [a, b] = names;
      expect(
        await rejectionOf(store.appendToStreams([write(a, 'any', 'a0'), write(b, expectedRevision, 'b0')])),
      ).toMatchObject({
        type: 'wrong-expected-revision',
        streamName: b,
        expected: expectedRevision,
        current: 'no_stream',
      });
      expect(await store.streamExists(a)).toBe(false);
    },
  );

  it('returns appended events as if written alone: type, ids, time, metadata', async () => {
    const [a, b] = names;
    const event = {
      ...greeted('hello'),
      eventId: `evt_1_${randomUUID().replaceAll('-', '')}`,
      timestamp: '2026-01-01T12:00:00.123Z',
      metadata: { source: 'test', correlationId: 'ünïcödé 🐧', requestKey: '12', schemaVersion: 2 },
    };
    await store.appendToStreams([{ streamName: a, expectedRevision: 'any', events: [event] }]);
    await store.appendToStream(b, event);
    const [[together], [alone]] = await Promise.all([store.readStream(a), store.readStream(b)]);
    if (!together || !alone || !isEvent(together, Greeted)) throw new Error('a Greeted was expected');
    const { streamName: _, position: __, created: ___, ...rest } = alone;
    expect(together).toMatchObject(rest);
    // No members of the protocol, and the version is a number.
    expect(together.metadata).toEqual(event.metadata);
    expect(together.data).toEqual({ greeting: 'hello' });
  });

  it('upcasts events of an older schema version', async () => {
    const [a] = names;
    await store.appendToStreams([
      {
        streamName: a,
        expectedRevision: 'any',
        events: [{ type: 'Greeted', data: { text: 'old' }, metadata: { schemaVersion: 1 } }],
      },
    ]);
    expect((await store.readStream(a))[0]).toMatchObject({ data: { greeting: 'old' }, metadata: { schemaVersion: 1 } });
  });

  it('keeps every JSON value as it is', async () => {
    const [a] = names;
    const data = JSON.parse(
      '{"__proto__":"own","ünïcödé 🐧":[null,true,-0.5,1e21,"\\u0000\\u2028",{"constructor":1}],"empty":{}}',
    ) as unknown;
    await store.appendToStreams([{ streamName: a, expectedRevision: 'any', events: [{ type: 'Anything', data }] }]);
    expect(JSON.stringify((await store.readStream(a))[0]?.data)).toBe(JSON.stringify(data));
  });

  it('does not write twice when repeated with the same event ids, and returns the same', async () => {
    const [a, b] = names;
    const writes = [a, b].map((streamName) => ({
      streamName,
      expectedRevision: 'no_stream' as const,
      events: [{ ...greeted('once'), eventId: `evt_1_${randomUUID().replaceAll('-', '')}` }],
    }));
    const first = await store.appendToStreams(writes);
    await store.appendToStream(a, greeted('between'));
    expect((await store.appendToStreams(writes)).revisions).toEqual(first.revisions);
    expect([await greetingsIn(a), await greetingsIn(b)]).toEqual([['once', 'between'], ['once']]);
  });

  it('reaches subscribers as one write, without other events in between', async () => {
    const [a, b] = names;
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        store.appendToStreams([write(n % 2 === 0 ? a : b, 'any', `${n}`), write(n % 2 === 0 ? b : a, 'any', `${n}`)]),
      ),
    );
    expect(await greetingsIn(a)).toEqual(await greetingsIn(b));
  });

  it('throws StreamDeletedError for a tombstoned stream and names it, and writes none', async () => {
    const [a, b] = names;
    await store.appendToStream(b, greeted('b0'));
    await connected.clients.client.tombstoneStream(b);
    const error = await rejectionOf(store.appendToStreams([write(a, 'any', 'a0'), write(b, 'any', 'b1')]));
    expect(error).toBeInstanceOf(StreamDeletedError);
    expect(error).toMatchObject({ streamName: b });
    await expect(store.readStream(a)).rejects.toThrow(StreamNotFoundError);
  });

  it.each([
    ['a name that no stream may have', () => [write(names[0], 'any', 'a'), write(' b', 'any', 'b')], ValidationError],
    ['no events for one of them', () => [write(names[0], 'any', 'a'), write(names[1], 'any')], ValidationError],
    [
      'data that are not JSON',
      () => [write(names[0], 'any', 'a'), { ...write(names[1], 'any'), events: [{ type: 'Greeted', data: 1n }] }],
      ValidationError,
    ],
    [
      'an event id of an invalid form',
      () => [
        write(names[0], 'any', 'a'),
        { ...write(names[1], 'any'), events: [{ ...greeted('a'), eventId: 'nonsense' }] },
      ],
      ValidationError,
    ],
    [
      'more than 1 MiB for one of them',
      () => [write(names[0], 'any', 'a'), write(names[1], 'any', 'x'.repeat(1_048_577))],
      EventTooLargeError,
    ],
  ] as const)('rejects %s, and writes none', async (_, writes, error) => {
    expect(await rejectionOf(store.appendToStreams(writes()))).toBeInstanceOf(error);
    expect(await store.streamExists(names[0])).toBe(false);
  });

  describe('on condition of another stream', () => {
    it('writes if the condition is met, and returns revision and position', async () => {
      const [a, b] = names;
      await store.appendToStream(b, [greeted('b0'), greeted('b1')]);
      const first = await store.appendConditionally(write(a, 'no_stream', 'a0'), [
        { streamName: b, expectedRevision: 1n },
      ]);
      const second = await store.appendConditionally(write(a, first.revision, 'a1', 'a2'), [
        { streamName: b, expectedRevision: 'stream_exists' },
      ]);
      expect(second).toMatchObject({ streamName: a, revision: 2n });
      expect(await greetingsIn(a)).toEqual(['a0', 'a1', 'a2']);
      expect(second.position?.commit).toBeGreaterThanOrEqual(
        (await store.readStream(a, { direction: 'backwards', limit: 1 }))[0]?.position?.commit ?? -1n,
      );
    });

    it.each([
      ['moved on', 0n, 1n],
      ['is not there yet', 5n, 1n],
      ['is there', 'no_stream', 1n],
    ] as const)(
      'writes nothing if the other stream %s, and names that stream',
      async (_, expectedRevision, current) => {
        const [a, b] = names;
        await store.appendToStream(b, [greeted('b0'), greeted('b1')]);
        const error = await rejectionOf(
          store.appendConditionally(write(a, 'any', 'a0'), [{ streamName: b, expectedRevision }]),
        );
        expect(error).toBeInstanceOf(WrongExpectedRevisionError);
        expect(error).toMatchObject({ streamName: b, expected: expectedRevision, current });
        expect(await store.streamExists(a)).toBe(false);
      },
    );

    it('writes nothing if its own stream is at another revision', async () => {
      const [a, b] = names;
      await store.appendToStream(a, [greeted('a0')]);
      await store.appendToStream(b, [greeted('b0')]);
      expect(
        await rejectionOf(store.appendConditionally(write(a, 4n, 'a1'), [{ streamName: b, expectedRevision: 0n }])),
      ).toMatchObject({ type: 'wrong-expected-revision', streamName: a, expected: 4n, current: 0n });
    });

    it('reports a deleted stream as deleted', async () => {
      const [a, b] = names;
      await store.appendToStream(b, [greeted('b0')]);
      await store.deleteStream(b);
      expect(
        await rejectionOf(
          store.appendConditionally(write(a, 'any', 'a0'), [{ streamName: b, expectedRevision: 'stream_exists' }]),
        ),
      ).toBeInstanceOf(StreamDeletedError);
    });
  });
});

describe('KurrentDBService: initial metadata of a stream', () => {
  const connected = useStore();
  let store: KurrentDBService;
  let stream: NewStreamMetadata;
  beforeAll(() => ({ store } = connected));
  beforeEach(() => {
    stream = { name: newStream(), description: 'A stream', tags: ['x'], owner: 'alice', permissions: ownedBy('alice') };
  });

  it('are written once, and their revision is returned', async () => {
    const written = await store.initializeMetadata(stream);
    expect(written).toMatchObject({
      streamName: `$$${stream.name}`,
      revision: 0n,
      position: { commit: expect.any(BigInt) as bigint },
    });
    expect((await store.getStreamMetadata(stream.name)).metadata).toMatchObject({
      name: stream.name,
      description: 'A stream',
      permissions: ownedBy('alice'),
      status: 'active',
      acl: { $r: ['alice'] },
      metadata: { owner: 'alice', tags: ['x'], version: 1, schemaVersion: '1.0.0' },
    });
    expect(await store.initializeMetadata({ ...stream, description: 'Another' })).toBeUndefined();
    expect((await store.getStreamMetadata(stream.name)).metadata.description).toBe('A stream');
  });

  it('are written by one of two, and by one of twenty, concurrent writers', async () => {
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, n) => store.initializeMetadata({ ...stream, description: String(n) })),
    );
    const winner = written.findIndex((result) => result !== undefined);
    expect(written.filter((result) => result !== undefined)).toHaveLength(1);
    expect(await store.getStreamMetadata(stream.name)).toMatchObject({
      revision: 0n,
      metadata: { description: String(winner) },
    });
  });

  it('are added to settings made before, and never overwrite a later change', async () => {
    await store.setStreamMetadata(stream.name, { maxCount: 5, custom: 'kept' });
    expect(await store.initializeMetadata(stream)).toMatchObject({ revision: 1n });
    const { metadata } = await store.getStreamMetadata(stream.name);
    expect(metadata).toMatchObject({ maxCount: 5, custom: 'kept', description: 'A stream' });
    await store.setStreamMetadata(stream.name, { ...metadata, permissions: ownedBy('bob') });
    expect(await store.initializeMetadata(stream)).toBeUndefined();
    expect((await store.getStreamMetadata(stream.name)).metadata.permissions).toEqual(ownedBy('bob'));
  });

  it('are written again for a stream that is recreated after a soft delete', async () => {
    await store.appendToStream(stream.name, greeted('a'));
    await store.initializeMetadata({ ...stream, permissions: { ...ownedBy('alice'), read: ['*'] } });
    await store.deleteStream(stream.name);
    await store.appendToStream(stream.name, greeted('b'), { expectedRevision: 'no_stream' });
    await store.initializeMetadata(stream);
    expect((await store.getStreamMetadata(stream.name)).metadata).toMatchObject({
      permissions: ownedBy('alice'),
      truncateBefore: 1,
    });
    expect((await store.readStream(stream.name)).map(({ revision }) => revision)).toEqual([1n]);
  });
});
