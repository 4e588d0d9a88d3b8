import {
  binaryEvent,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@kurrent/kurrentdb-client';
import { collect, counted, countedUpTo, newStream, numbers, revisions, useClient } from '../support/embedded-client.js';

describe('appending to a stream', () => {
  const used = useClient();

  it('assigns revisions from 0 and a unique position to each event', async () => {
    const stream = newStream();
    const first = await used.client.appendToStream(stream, countedUpTo(2), { streamState: NO_STREAM });
    const second = await used.client.appendToStream(stream, counted(2), { streamState: 1n });
    expect([first.nextExpectedRevision, second.nextExpectedRevision]).toEqual([1n, 2n]);
    const events = await collect(used.client.readStream(stream));
    expect(revisions(events)).toEqual([0, 1, 2]);
    expect(events[1]?.event?.position?.commit).toBe(first.position?.commit);
    const positions = events.map(({ event }) => event?.position?.commit ?? 0n);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => (a < b ? -1 : 1)));
  });

  it.each([
    ['no stream', NO_STREAM, 'a stream that exists', 1],
    ['a revision that is too low', 0n, 'a longer stream', 3],
    ['a revision that is too high', 5n, 'a shorter stream', 3],
    ['an existing stream', STREAM_EXISTS, 'no stream', 0],
    ['a revision', 0n, 'no stream', 0],
  ] as const)(
    'rejects an append that expects %s when there is %s',
    async (_expected, streamState, _actual, existing) => {
      const stream = newStream();
      if (existing > 0) await used.client.appendToStream(stream, countedUpTo(existing));
      await expect(used.client.appendToStream(stream, counted(9), { streamState })).rejects.toThrow(
        WrongExpectedVersionError,
      );
      expect(
        await used.client.appendToStream(stream, counted(9), {
          streamState: existing === 0 ? NO_STREAM : BigInt(existing - 1),
        }),
      ).toMatchObject({ success: true });
    },
  );

  it('returns the original revision and position for a retry, even if the stream has grown since', async () => {
    const stream = newStream();
    const events = countedUpTo(3);
    const original = await used.client.appendToStream(stream, events, { streamState: NO_STREAM });
    await used.client.appendToStream(stream, counted(3));
    for (const streamState of [NO_STREAM, 'any'] as const) {
      const retried = await used.client.appendToStream(stream, events, { streamState });
      expect(retried).toEqual(original);
    }
    expect(numbers(await collect(used.client.readStream(stream)))).toEqual([0, 1, 2, 3]);
  });

  it('treats a part of an append as a retry under "any", and rejects a mix of existing and new ids', async () => {
    const stream = newStream();
    const events = countedUpTo(3);
    await used.client.appendToStream(stream, events);
    expect((await used.client.appendToStream(stream, events.slice(1, 2))).nextExpectedRevision).toBe(1n);
    await expect(used.client.appendToStream(stream, [...events.slice(2), counted(9)])).rejects.toThrow(
      WrongExpectedVersionError,
    );
    expect(numbers(await collect(used.client.readStream(stream)))).toEqual([0, 1, 2]);
  });

  it('does not treat an id of another stream as a retry', async () => {
    const event = counted(1);
    const streams = [newStream(), newStream()];
    for (const stream of streams) await used.client.appendToStream(stream, event);
    for (const stream of streams) expect(numbers(await collect(used.client.readStream(stream)))).toEqual([1]);
  });

  it('returns binary data unchanged, up to the maximum message size', async () => {
    const stream = newStream();
    const contents = [
      new Uint8Array(0),
      Uint8Array.from({ length: 256 }, (_, n) => n),
      new Uint8Array(3_000_000).fill(7),
    ];
    await used.client.appendToStream(
      stream,
      contents.map((data) => binaryEvent({ type: 'bytes', data, metadata: Uint8Array.of(0, 255) })),
    );
    const read = await collect(used.client.readStream(stream));
    expect(
      read.map(({ event }) =>
        Buffer.compare(event?.data as Uint8Array, contents[Number(event?.revision)] ?? new Uint8Array(1)),
      ),
    ).toEqual([0, 0, 0]);
  });

  it('deletes a stream that has only metadata with "any" and with "no_stream", but no missing stream', async () => {
    for (const expectedRevision of ['any', 'no_stream'] as const) {
      const stream = newStream();
      await expect(used.client.deleteStream(stream, { expectedRevision })).rejects.toMatchObject({
        type: 'wrong-expected-version',
      });
      await used.client.setStreamMetadata(stream, { maxCount: 3 });
      await used.client.deleteStream(stream, { expectedRevision });
      expect((await used.client.getStreamMetadata(stream)).metadata).toEqual({
        truncateBefore: expect.anything() as unknown,
      });
      const { nextExpectedRevision } = await used.client.appendToStream(stream, counted(1), {
        streamState: 'no_stream',
      });
      expect([nextExpectedRevision, numbers(await collect(used.client.readStream(stream)))]).toEqual([0n, [1]]);
    }
  });

  it('rejects reads and appends after a tombstone', async () => {
    const stream = newStream();
    await used.client.appendToStream(stream, counted(1));
    await used.client.tombstoneStream(stream);
    await expect(used.client.appendToStream(stream, counted(2))).rejects.toThrow(StreamDeletedError);
    await expect(collect(used.client.readStream(stream))).rejects.toThrow(StreamDeletedError);
  });

  it('lets exactly one of concurrent appends with the same expected revision succeed', async () => {
    const stream = newStream();
    await used.client.appendToStream(stream, counted(0));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => used.client.appendToStream(stream, counted(n), { streamState: 0n })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(revisions(await collect(used.client.readStream(stream)))).toEqual([0, 1]);
  });
});
