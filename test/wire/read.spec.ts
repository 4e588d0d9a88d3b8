import {
  BACKWARDS,
  binaryEvent,
  END,
  eventTypeFilter,
  jsonEvent,
  START,
  StreamNotFoundError,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect, counted, countedUpTo, newStream, numbers, revisions, useClient } from '../support/embedded-client.js';

describe('reading', () => {
  const used = useClient();

  it('reads a stream in both directions, from any revision, with a limit', async () => {
    const stream = newStream();
    await used.client.appendToStream(stream, countedUpTo(5));
    const read = async (options: Parameters<typeof used.client.readStream>[1]): Promise<number[]> =>
      numbers(await collect(used.client.readStream(stream, options)));
    expect(await read({})).toEqual([0, 1, 2, 3, 4]);
    expect(await read({ fromRevision: 2n })).toEqual([2, 3, 4]);
    expect(await read({ fromRevision: START, maxCount: 2 })).toEqual([0, 1]);
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual([4, 3, 2, 1, 0]);
    expect(await read({ direction: BACKWARDS, fromRevision: 2n, maxCount: 2 })).toEqual([2, 1]);
    expect(await read({ direction: BACKWARDS, fromRevision: 99n, maxCount: 1 })).toEqual([4]);
    expect(await read({ fromRevision: 99n })).toEqual([]);
  });

  it('distinguishes a missing stream from a truncated one', async () => {
    const [missing, truncated, deleted] = [newStream(), newStream(), newStream()];
    await used.client.appendToStream(truncated, countedUpTo(2));
    await used.client.setStreamMetadata(truncated, { truncateBefore: 2 });
    await used.client.appendToStream(deleted, countedUpTo(2));
    await used.client.deleteStream(deleted);
    await expect(collect(used.client.readStream(missing))).rejects.toThrow(StreamNotFoundError);
    await expect(collect(used.client.readStream(deleted))).rejects.toThrow(StreamNotFoundError);
    expect(await collect(used.client.readStream(truncated))).toEqual([]);
  });

  it('reads many buffers without loss or duplicates', async () => {
    const stream = newStream();
    const count = 5000;
    await used.client.appendToStream(stream, countedUpTo(count));
    expect(numbers(await collect(used.client.readStream(stream)))).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(numbers(await collect(used.client.readStream(stream, { direction: BACKWARDS, fromRevision: END })))[0]).toBe(
      count - 1,
    );
  });

  it('resolves links, and returns the link alone if its event does not exist', async () => {
    const [source, links] = [newStream(), newStream()];
    await used.client.appendToStream(source, countedUpTo(2));
    const link = (target: string): ReturnType<typeof binaryEvent> =>
      binaryEvent({ type: '$>', data: Buffer.from(target) });
    await used.client.appendToStream(links, [link(`1@${source}`), link(`7@${source}`)]);
    const [resolved, unresolved] = await collect(used.client.readStream(links, { resolveLinkTos: true }));
    expect(resolved?.event).toMatchObject({ streamId: source, revision: 1n });
    expect(resolved?.link).toMatchObject({ streamId: links, revision: 0n });
    expect(unresolved?.event).toBeUndefined();
    expect(unresolved?.link).toMatchObject({ streamId: links, revision: 1n });
  });

  it('reads $all in the order of appends, with and without filters', async () => {
    const mark = randomUUID();
    const streams = [`one-${mark}`, `two-${mark}`];
    for (let n = 0; n < 6; n++)
      await used.client.appendToStream(streams[n % 2] ?? '', jsonEvent({ type: `type-${n % 3}-${mark}`, data: { n } }));
    const all = (options: Parameters<typeof used.client.readAll>[0]): Promise<number[]> =>
      collect(used.client.readAll(options)).then((events) =>
        numbers(events.filter(({ event }) => event?.streamId.endsWith(mark))),
      );
    expect(await all({ fromPosition: START })).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await all({ fromPosition: START, filter: streamNameFilter({ prefixes: [`two-${mark}`] }) })).toEqual([
      1, 3, 5,
    ]);
    expect(await all({ fromPosition: START, filter: eventTypeFilter({ regex: `^type-[12]-${mark}$` }) })).toEqual([
      1, 2, 4, 5,
    ]);
    expect(
      await all({
        fromPosition: END,
        direction: BACKWARDS,
        maxCount: 2,
        filter: streamNameFilter({ prefixes: [`one-${mark}`] }),
      }),
    ).toEqual([4, 2]);
  });
});

describe('stream metadata', () => {
  const used = useClient();

  it('is kept and given back, the last one of them', async () => {
    const stream = newStream();
    for (const maxCount of [5, 6]) await used.client.setStreamMetadata(stream, { maxCount, own: { kept: true } });
    expect((await used.client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 6, own: { kept: true } });
    expect(await collect(used.client.readStream(`$$${stream}`))).toHaveLength(1);
  });

  it('limits reads by count, revision and age', async () => {
    const [byCount, byRevision, byAge] = [newStream(), newStream(), newStream()];
    for (const stream of [byCount, byRevision, byAge]) await used.client.appendToStream(stream, countedUpTo(4));
    await used.client.setStreamMetadata(byCount, { maxCount: 1 });
    await used.client.setStreamMetadata(byRevision, { truncateBefore: 2 });
    await used.client.setStreamMetadata(byAge, { maxAge: 1 });
    await sleep(2100);
    await used.client.appendToStream(byAge, counted(4));
    expect(numbers(await collect(used.client.readStream(byCount)))).toEqual([3]);
    expect(numbers(await collect(used.client.readStream(byRevision)))).toEqual([2, 3]);
    expect(numbers(await collect(used.client.readStream(byAge)))).toEqual([4]);
  });

  it('is removed with a soft-deleted stream, whose numbering continues', async () => {
    const stream = newStream();
    await used.client.setStreamMetadata(stream, { maxCount: 1 });
    await used.client.appendToStream(stream, countedUpTo(3));
    await used.client.deleteStream(stream);
    await used.client.appendToStream(stream, countedUpTo(2), { streamState: 'no_stream' });
    expect(revisions(await collect(used.client.readStream(stream)))).toEqual([3, 4]);
    expect((await used.client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 3 });
  });
});
