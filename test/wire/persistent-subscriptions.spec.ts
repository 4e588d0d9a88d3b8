import {
  END,
  jsonEvent,
  type KurrentDBClient,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionDroppedError,
  PersistentSubscriptionExistsError,
  PersistentSubscriptionFailedError,
  PersistentSubscriptionMaximumSubscribersReachedError,
  type PersistentSubscriptionToStreamInfo,
  type PersistentSubscriptionToStreamSettings,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  PINNED,
  PINNED_BY_CORRELATION,
  RETRY,
  SKIP,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect, counted, countedUpTo, newStream, numbers, useClient } from '../support/embedded-client.js';
import { until, untilPasses } from '../support/eventually.js';
import { PersistentConsumer } from '../support/persistent-consumer.js';

const GROUP = 'group';

const settings = (
  changes: Partial<PersistentSubscriptionToStreamSettings> = {},
): PersistentSubscriptionToStreamSettings =>
  persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...changes });

describe('persistent subscriptions', () => {
  const used = useClient();
  let client: KurrentDBClient;
  let stream: string;
  beforeAll(() => ({ client } = used));
  beforeEach(() => (stream = newStream()));

  const create = (changes: Partial<PersistentSubscriptionToStreamSettings> = {}): Promise<void> =>
    client.createPersistentSubscriptionToStream(stream, GROUP, settings(changes));
  const consume = (bufferSize?: number): Promise<PersistentConsumer> =>
    PersistentConsumer.ofStream(client, stream, GROUP, bufferSize);
  const info = (): Promise<PersistentSubscriptionToStreamInfo> =>
    client.getPersistentSubscriptionToStreamInfo(stream, GROUP);
  const infoOnce = async (
    condition: (info: PersistentSubscriptionToStreamInfo) => boolean,
  ): Promise<PersistentSubscriptionToStreamInfo> => {
    let found = await info();
    await until(async () => condition((found = await info())), 'the statistics of the group match');
    return found;
  };

  describe('groups', () => {
    it('are created, described, listed and deleted; the stream need not exist', async () => {
      await create({
        resolveLinkTos: true,
        maxRetryCount: 3,
        messageTimeout: 1234,
        historyBufferSize: 60,
        readBatchSize: 10,
        startFrom: 5n,
        consumerStrategyName: PINNED,
      });
      await expect(create()).rejects.toThrow(PersistentSubscriptionExistsError);
      expect((await info()).settings).toMatchObject({
        resolveLinkTos: true,
        maxRetryCount: 3,
        messageTimeout: 1234,
        historyBufferSize: 60,
        readBatchSize: 10,
        startFrom: 5n,
        consumerStrategyName: PINNED,
      });
      expect((await client.listPersistentSubscriptionsToStream(stream)).map(({ groupName }) => groupName)).toEqual([
        GROUP,
      ]);
      expect((await client.listAllPersistentSubscriptions()).map(({ eventSource }) => eventSource)).toContain(stream);
      await client.deletePersistentSubscriptionToStream(stream, GROUP);
      await expect(client.deletePersistentSubscriptionToStream(stream, GROUP)).rejects.toThrow(
        PersistentSubscriptionDoesNotExistError,
      );
      await expect(info()).rejects.toThrow(PersistentSubscriptionDoesNotExistError);
      await expect(client.listPersistentSubscriptionsToStream(stream)).rejects.toThrow(
        PersistentSubscriptionDoesNotExistError,
      );
      await expect(consume()).rejects.toThrow(PersistentSubscriptionDoesNotExistError);
    });

    it('are rejected with invalid settings', async () => {
      await expect(create({ historyBufferSize: 10, readBatchSize: 20 })).rejects.toThrow(
        PersistentSubscriptionFailedError,
      );
    });

    it('drop their consumers when they are updated or deleted', async () => {
      await create();
      const first = await consume();
      await client.updatePersistentSubscriptionToStream(stream, GROUP, settings({ maxRetryCount: 7 }));
      expect(await first.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
      expect((await info()).settings.maxRetryCount).toBe(7);
      const second = await consume();
      await client.deletePersistentSubscriptionToStream(stream, GROUP);
      expect(await second.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    });

    it('start from scratch when they are created again', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await create({ checkPointLowerBound: 1, checkPointAfter: 10 });
      const first = await consume();
      await first.ack(...(await first.received(2)).slice(1));
      await first.nack(PARK, ...first.events.slice(0, 1));
      await infoOnce(({ stats }) => stats.lastCheckpointedEventRevision === 1n && stats.parkedMessageCount === 1n);
      await client.deletePersistentSubscriptionToStream(stream, GROUP);
      await create();
      expect((await info()).stats).toMatchObject({ parkedMessageCount: 0n, lastCheckpointedEventRevision: undefined });
      const second = await consume();
      await second.received(2);
      expect(second.numbers).toEqual([0, 1]);
      await second.close();
    });

    it('limit the number of consumers', async () => {
      await create({ maxSubscriberCount: 1 });
      const first = await consume();
      await expect(consume()).rejects.toThrow(PersistentSubscriptionMaximumSubscribersReachedError);
      await first.close();
      await infoOnce(({ connections }) => connections.length === 0);
      await (await consume()).close();
    });
  });

  describe('consumers', () => {
    it('receive past and new events within their buffer size, and checkpoints follow', async () => {
      await client.appendToStream(stream, countedUpTo(3));
      await create({ checkPointLowerBound: 1, checkPointAfter: 10 });
      const consumer = await consume(2);
      await consumer.ack(...(await consumer.received(2)));
      await consumer.received(3);
      await sleep(100);
      await client.appendToStream(stream, counted(3));
      await consumer.ack(...(await consumer.received(4)).slice(2));
      expect(consumer.numbers).toEqual([0, 1, 2, 3]);
      await infoOnce(({ stats }) => stats.lastCheckpointedEventRevision === 3n && stats.totalInFlightMessages === 0);
      await consumer.close();
    });

    it('receive only events after the end if the group starts there', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await create({ startFrom: END });
      await client.appendToStream(stream, counted(2));
      const consumer = await consume();
      await consumer.received(1);
      expect(consumer.numbers).toEqual([2]);
      await consumer.close();
    });

    it('receive an event again after a retry, until it is parked', async () => {
      await client.appendToStream(stream, counted(0));
      await create({ maxRetryCount: 1 });
      const consumer = await consume();
      await consumer.nack(RETRY, ...(await consumer.received(1)));
      await consumer.received(2);
      await consumer.nack(RETRY, ...consumer.events.slice(1));
      await infoOnce(({ stats }) => stats.parkedMessageCount === 1n);
      expect(consumer.retryCounts).toEqual([0, 1]);
      await consumer.close();
    });

    it('receive an event again after the message timeout', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await create({ messageTimeout: 200 });
      const first = await consume();
      await first.ack(...(await first.received(2)).slice(0, 1));
      await first.received(3);
      expect([first.numbers[2], first.retryCounts[2]]).toEqual([1, 1]);
      await first.close();
      const second = await consume();
      await second.received(1);
      expect(second.numbers).toEqual([1]);
      expect(second.retryCounts[0]).toBeGreaterThanOrEqual(2);
      await second.close();
    });

    it('receive the in-flight events of a disconnected consumer', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await create();
      const first = await consume();
      await first.ack(...(await first.received(2)).slice(0, 1));
      await infoOnce(({ stats }) => stats.totalInFlightMessages === 1);
      await first.close();
      const second = await consume();
      await second.received(1);
      expect([second.numbers, second.retryCounts]).toEqual([[1], [1]]);
      await second.close();
    });

    it('finish events that they skip', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await create({ checkPointLowerBound: 1, checkPointAfter: 10 });
      const consumer = await consume();
      await consumer.nack(SKIP, ...(await consumer.received(2)));
      await infoOnce(({ stats }) => stats.lastCheckpointedEventRevision === 1n && stats.parkedMessageCount === 0n);
      await consumer.close();
    });

    it('share the events by pin key', async () => {
      const consumers = async (group: string): Promise<[PersistentConsumer, PersistentConsumer]> => {
        const open = (): Promise<PersistentConsumer> => PersistentConsumer.ofAll(client, group, 100);
        return [await open(), await open()];
      };
      const correlated = (n: number): ReturnType<typeof counted> => ({
        ...counted(n),
        metadata: { $correlationId: `c${n % 8}` },
      });
      const start = await client.appendToStream(newStream(), counted(0));
      const filter = streamNameFilter({ prefixes: [stream] });
      for (const consumerStrategyName of [PINNED, PINNED_BY_CORRELATION]) {
        const group = `${consumerStrategyName}-${randomUUID()}`;
        await client.createPersistentSubscriptionToAll(
          group,
          persistentSubscriptionToAllSettingsFromDefaults({ startFrom: start.position, consumerStrategyName }),
          { filter },
        );
        const [first, second] = await consumers(group);
        for (let round = 0; round < 3; round++)
          for (let n = 0; n < 8; n++)
            await client.appendToStream(`${stream}-${consumerStrategyName}-${n % 4}`, correlated(n));
        const total = (): number => first.events.length + second.events.length;
        await until(() => total() >= 24, '24 events were received');
        const keysOf = (consumer: PersistentConsumer): Set<unknown> =>
          new Set(
            consumer.events.map(({ event }) =>
              consumerStrategyName === PINNED
                ? event?.streamId
                : (event?.metadata as { $correlationId: string }).$correlationId,
            ),
          );
        const [mine, others] = [keysOf(first), keysOf(second)];
        expect([...mine].filter((key) => others.has(key))).toEqual([]);
        expect(mine.size).toBeGreaterThan(0);
        expect(others.size).toBeGreaterThan(0);
        await client.deletePersistentSubscriptionToAll(group);
        await Promise.all([first.ended(), second.ended()]);
        stream = newStream();
        filter.prefixes = [stream];
      }
    });
  });

  describe('parked events', () => {
    it('are replayed on request, with the link by which they were parked', async () => {
      await client.appendToStream(stream, countedUpTo(3));
      await create();
      const consumer = await consume();
      await consumer.nack(PARK, ...(await consumer.received(3)).slice(0, 2));
      await infoOnce(({ stats }) => stats.parkedMessageCount === 2n);
      const parkedStream = `$persistentsubscription-${stream}::${GROUP}-parked`;
      expect(numbers(await collect(client.readStream(parkedStream, { resolveLinkTos: true })))).toEqual([0, 1]);

      await client.replayParkedMessagesToStream(stream, GROUP, { stopAt: 1 });
      const [, , , replayed] = await consumer.received(4);
      expect(replayed).toMatchObject({
        retryCount: 0,
        link: {
          streamId: parkedStream,
          revision: 0n,
          metadata: { reason: "Client explicitly NAK'ed message.\nbecause" },
        },
      });
      expect((await info()).stats.parkedMessageCount).toBe(1n);

      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.ack(...(await consumer.received(5)).slice(2));
      expect(consumer.numbers).toEqual([0, 1, 2, 0, 1]);
      await infoOnce(({ stats }) => stats.parkedMessageCount === 0n && stats.totalInFlightMessages === 0);
      await untilPasses(async () => expect(await collect(client.readStream(parkedStream))).toEqual([]));
      await consumer.close();
    });

    it('can be parked again', async () => {
      await client.appendToStream(stream, counted(0));
      await create();
      const consumer = await consume();
      await consumer.nack(PARK, ...(await consumer.received(1)));
      await infoOnce(({ stats }) => stats.parkedMessageCount === 1n);
      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.nack(PARK, ...(await consumer.received(2)).slice(1));
      await infoOnce(({ stats }) => stats.parkedMessageCount === 1n && stats.totalInFlightMessages === 0);
      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.received(3);
      expect(consumer.numbers).toEqual([0, 0, 0]);
      await consumer.close();
    });

    it('are empty at first', async () => {
      await create();
      await client.replayParkedMessagesToStream(stream, GROUP);
      expect((await info()).stats.parkedMessageCount).toBe(0n);
      await expect(client.replayParkedMessagesToStream(stream, 'missing')).rejects.toThrow(
        PersistentSubscriptionDoesNotExistError,
      );
    });
  });

  describe('sources', () => {
    it('may contain links, which are resolved', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      const links = `${stream}-links`;
      await client.appendToStream(
        links,
        [1, 0].map((n) => ({
          ...jsonEvent({ type: '$>', data: {} }),
          contentType: 'application/octet-stream' as const,
          data: Buffer.from(`${n}@${stream}`),
        })),
      );
      await client.createPersistentSubscriptionToStream(links, 'resolving', settings({ resolveLinkTos: true }));
      const consumer = await PersistentConsumer.ofStream(client, links, 'resolving');
      await consumer.ack(...(await consumer.received(2)));
      expect(consumer.numbers).toEqual([1, 0]);
      expect(consumer.events.map(({ link }) => link?.streamId)).toEqual([links, links]);
      await consumer.close();
    });

    it('may be $all from a position, with a filter', async () => {
      const { position } = await client.appendToStream(newStream(), counted(0));
      const group = `group-${randomUUID()}`;
      await client.createPersistentSubscriptionToAll(
        group,
        persistentSubscriptionToAllSettingsFromDefaults({
          startFrom: position,
          checkPointLowerBound: 1,
          checkPointAfter: 10,
        }),
        { filter: streamNameFilter({ prefixes: [stream] }) },
      );
      const consumer = await PersistentConsumer.ofAll(client, group);
      await client.appendToStream(newStream(), counted(9));
      await client.appendToStream(stream, countedUpTo(2));
      await consumer.ack(...(await consumer.received(2)));
      expect(consumer.numbers).toEqual([0, 1]);
      const { settings: description } = await client.getPersistentSubscriptionToAllInfo(group);
      expect(description.startFrom).toEqual(position);
      await client.deletePersistentSubscriptionToAll(group);
      expect(await consumer.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    });

    it('may be deleted and recreated', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await create();
      const consumer = await consume();
      await consumer.ack(...(await consumer.received(2)));
      await client.deleteStream(stream);
      await client.appendToStream(stream, counted(2));
      await consumer.received(3);
      expect(consumer.numbers).toEqual([0, 1, 2]);
      await consumer.close();
    });
  });

  it('limit the in-flight events of a slow consumer to what its connection takes', async () => {
    const payload = 'x'.repeat(100_000);
    for (let round = 0; round < 30; round++)
      await client.appendToStream(
        stream,
        Array.from({ length: 10 }, (_, n) => jsonEvent({ type: 'large', data: { n, payload } })),
      );
    await create({ historyBufferSize: 1000 });
    const consumer = await consume(1000);
    await consumer.received(1);
    consumer.subscription.pause();
    await sleep(300);
    const { stats } = await info();
    expect(stats.totalInFlightMessages).toBeLessThan(150);
    consumer.subscription.resume();
    await consumer.received(300);
    await consumer.close();
  });

  it('continue after a restart of the subsystem', async () => {
    await client.appendToStream(stream, counted(0));
    await create();
    const first = await consume();
    await first.received(1);
    await client.restartPersistentSubscriptionSubsystem();
    expect(await first.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    const second = await consume();
    await second.received(1);
    expect(second.numbers).toEqual([0]);
    await second.close();
  });
});
