import {
  END,
  jsonEvent,
  type KurrentDBClient,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  persistentSubscriptionToAllSettingsFromDefaults,
  PINNED,
  PINNED_BY_CORRELATION,
  RETRY,
  SKIP,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsumerGroup, GROUP } from '../support/consumer-group.js';
import { collect, counted, countedUpTo, newStream, numbers, useClient } from '../support/embedded-client.js';
import { until, untilPasses } from '../support/eventually.js';
import { PersistentConsumer } from '../support/persistent-consumer.js';

describe('persistent subscriptions', () => {
  const used = useClient();
  let client: KurrentDBClient;
  let group: ConsumerGroup;
  let stream: string;
  beforeAll(() => ({ client } = used));
  beforeEach(() => {
    group = new ConsumerGroup(client);
    ({ stream } = group);
  });

  describe('consumers', () => {
    it('receive past and new events within their buffer size, and checkpoints follow', async () => {
      await client.appendToStream(stream, countedUpTo(3));
      await group.create({ checkPointLowerBound: 1, checkPointAfter: 10 });
      const consumer = await group.consume(2);
      await consumer.ack(...(await consumer.received(2)));
      await consumer.received(3);
      await sleep(100);
      await client.appendToStream(stream, counted(3));
      await consumer.ack(...(await consumer.received(4)).slice(2));
      expect(consumer.numbers).toEqual([0, 1, 2, 3]);
      await group.infoOnce(
        ({ stats }) => stats.lastCheckpointedEventRevision === 3n && stats.totalInFlightMessages === 0,
      );
      await consumer.close();
    });

    it('receive only events after the end if the group starts there', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await group.create({ startFrom: END });
      await client.appendToStream(stream, counted(2));
      const consumer = await group.consume();
      await consumer.received(1);
      expect(consumer.numbers).toEqual([2]);
      await consumer.close();
    });

    it('receive an event again after a retry, until it is parked', async () => {
      await client.appendToStream(stream, counted(0));
      await group.create({ maxRetryCount: 1 });
      const consumer = await group.consume();
      await consumer.nack(RETRY, ...(await consumer.received(1)));
      await consumer.received(2);
      await consumer.nack(RETRY, ...consumer.events.slice(1));
      await group.infoOnce(({ stats }) => stats.parkedMessageCount === 1n);
      expect(consumer.retryCounts).toEqual([0, 1]);
      await consumer.close();
    });

    it('receive an event again after the message timeout', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await group.create({ messageTimeout: 200 });
      const first = await group.consume();
      await first.ack(...(await first.received(2)).slice(0, 1));
      await first.received(3);
      expect([first.numbers[2], first.retryCounts[2]]).toEqual([1, 1]);
      await first.close();
      const second = await group.consume();
      await second.received(1);
      expect(second.numbers).toEqual([1]);
      expect(second.retryCounts[0]).toBeGreaterThanOrEqual(2);
      await second.close();
    });

    it('receive the in-flight events of a disconnected consumer', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await group.create();
      const first = await group.consume();
      await first.ack(...(await first.received(2)).slice(0, 1));
      await group.infoOnce(({ stats }) => stats.totalInFlightMessages === 1);
      await first.close();
      const second = await group.consume();
      await second.received(1);
      expect([second.numbers, second.retryCounts]).toEqual([[1], [1]]);
      await second.close();
    });

    it('finish events that they skip', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await group.create({ checkPointLowerBound: 1, checkPointAfter: 10 });
      const consumer = await group.consume();
      await consumer.nack(SKIP, ...(await consumer.received(2)));
      await group.infoOnce(
        ({ stats }) => stats.lastCheckpointedEventRevision === 1n && stats.parkedMessageCount === 0n,
      );
      await consumer.close();
    });

    it('share the events by pin key', async () => {
      const consumers = async (groupName: string): Promise<[PersistentConsumer, PersistentConsumer]> => {
        const open = (): Promise<PersistentConsumer> => PersistentConsumer.ofAll(client, groupName, 100);
        return [await open(), await open()];
      };
      const correlated = (n: number): ReturnType<typeof counted> => ({
        ...counted(n),
        metadata: { $correlationId: `c${n % 8}` },
      });
      const start = await client.appendToStream(newStream(), counted(0));
      const filter = streamNameFilter({ prefixes: [stream] });
      for (const consumerStrategyName of [PINNED, PINNED_BY_CORRELATION]) {
        const groupName = `${consumerStrategyName}-${randomUUID()}`;
        await client.createPersistentSubscriptionToAll(
          groupName,
          persistentSubscriptionToAllSettingsFromDefaults({ startFrom: start.position, consumerStrategyName }),
          { filter },
        );
        const [first, second] = await consumers(groupName);
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
        await client.deletePersistentSubscriptionToAll(groupName);
        await Promise.all([first.ended(), second.ended()]);
        stream = newStream();
        filter.prefixes = [stream];
      }
    });
  });

  describe('parked events', () => {
    it('are replayed on request, with the link by which they were parked', async () => {
      await client.appendToStream(stream, countedUpTo(3));
      await group.create();
      const consumer = await group.consume();
      await consumer.nack(PARK, ...(await consumer.received(3)).slice(0, 2));
      await group.infoOnce(({ stats }) => stats.parkedMessageCount === 2n);
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
      expect((await group.info()).stats.parkedMessageCount).toBe(1n);

      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.ack(...(await consumer.received(5)).slice(2));
      expect(consumer.numbers).toEqual([0, 1, 2, 0, 1]);
      await group.infoOnce(({ stats }) => stats.parkedMessageCount === 0n && stats.totalInFlightMessages === 0);
      await untilPasses(async () => expect(await collect(client.readStream(parkedStream))).toEqual([]));
      await consumer.close();
    });

    it('can be parked again', async () => {
      await client.appendToStream(stream, counted(0));
      await group.create();
      const consumer = await group.consume();
      await consumer.nack(PARK, ...(await consumer.received(1)));
      await group.infoOnce(({ stats }) => stats.parkedMessageCount === 1n);
      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.nack(PARK, ...(await consumer.received(2)).slice(1));
      await group.infoOnce(({ stats }) => stats.parkedMessageCount === 1n && stats.totalInFlightMessages === 0);
      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.received(3);
      expect(consumer.numbers).toEqual([0, 0, 0]);
      await consumer.close();
    });

    it('are empty at first', async () => {
      await group.create();
      await client.replayParkedMessagesToStream(stream, GROUP);
      expect((await group.info()).stats.parkedMessageCount).toBe(0n);
      await expect(client.replayParkedMessagesToStream(stream, 'missing')).rejects.toThrow(
        PersistentSubscriptionDoesNotExistError,
      );
    });
  });

  it('limit the in-flight events of a slow consumer to what its connection takes', async () => {
    const payload = 'x'.repeat(100_000);
    for (let round = 0; round < 30; round++)
      await client.appendToStream(
        stream,
        Array.from({ length: 10 }, (_, n) => jsonEvent({ type: 'large', data: { n, payload } })),
      );
    await group.create({ historyBufferSize: 1000 });
    const consumer = await group.consume(1000);
    await consumer.received(1);
    consumer.subscription.pause();
    await sleep(300);
    const { stats } = await group.info();
    expect(stats.totalInFlightMessages).toBeLessThan(150);
    consumer.subscription.resume();
    await consumer.received(300);
    await consumer.close();
  });
});
