import {
  jsonEvent,
  type KurrentDBClient,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionDroppedError,
  PersistentSubscriptionExistsError,
  PersistentSubscriptionFailedError,
  PersistentSubscriptionMaximumSubscribersReachedError,
  persistentSubscriptionToAllSettingsFromDefaults,
  PINNED,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { ConsumerGroup, GROUP, groupSettings } from '../support/consumer-group.js';
import { counted, countedUpTo, newStream, useClient } from '../support/embedded-client.js';
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

  describe('groups', () => {
    it('are created, described, listed and deleted; the stream need not exist', async () => {
      await group.create({
        resolveLinkTos: true,
        maxRetryCount: 3,
        messageTimeout: 1234,
        historyBufferSize: 60,
        readBatchSize: 10,
        startFrom: 5n,
        consumerStrategyName: PINNED,
      });
      await expect(group.create()).rejects.toThrow(PersistentSubscriptionExistsError);
      expect((await group.info()).settings).toMatchObject({
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
      await expect(group.info()).rejects.toThrow(PersistentSubscriptionDoesNotExistError);
      await expect(group.consume()).rejects.toThrow(PersistentSubscriptionDoesNotExistError);
    });

    it('are listed as none after the last one of a source is deleted, but it is an error if there never was one', async () => {
      await expect(client.listPersistentSubscriptionsToStream(stream)).rejects.toThrow(
        PersistentSubscriptionDoesNotExistError,
      );
      await group.create();
      await client.deletePersistentSubscriptionToStream(stream, GROUP);
      expect(await client.listPersistentSubscriptionsToStream(stream)).toEqual([]);
      const toAll = `all-${randomUUID()}`;
      const before = (await client.listAllPersistentSubscriptions()).filter(
        ({ eventSource }) => eventSource === '$all',
      );
      await client.createPersistentSubscriptionToAll(toAll, persistentSubscriptionToAllSettingsFromDefaults());
      await client.deletePersistentSubscriptionToAll(toAll);
      expect(await client.listPersistentSubscriptionsToAll()).toHaveLength(before.length);
    });

    it('are rejected with invalid settings', async () => {
      await expect(group.create({ historyBufferSize: 10, readBatchSize: 20 })).rejects.toThrow(
        PersistentSubscriptionFailedError,
      );
    });

    it('drop their consumers when they are updated or deleted', async () => {
      await group.create();
      const first = await group.consume();
      await client.updatePersistentSubscriptionToStream(stream, GROUP, groupSettings({ maxRetryCount: 7 }));
      expect(await first.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
      expect((await group.info()).settings.maxRetryCount).toBe(7);
      const second = await group.consume();
      await client.deletePersistentSubscriptionToStream(stream, GROUP);
      expect(await second.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    });

    it('start from scratch when they are created again', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await group.create({ checkPointLowerBound: 1, checkPointAfter: 10 });
      const first = await group.consume();
      await first.ack(...(await first.received(2)).slice(1));
      await first.nack(PARK, ...first.events.slice(0, 1));
      await group.infoOnce(
        ({ stats }) => stats.lastCheckpointedEventRevision === 1n && stats.parkedMessageCount === 1n,
      );
      await client.deletePersistentSubscriptionToStream(stream, GROUP);
      await group.create();
      expect((await group.info()).stats).toMatchObject({
        parkedMessageCount: 0n,
        lastCheckpointedEventRevision: undefined,
      });
      const second = await group.consume();
      await second.received(2);
      expect(second.numbers).toEqual([0, 1]);
      await second.close();
    });

    it('limit the number of consumers', async () => {
      await group.create({ maxSubscriberCount: 1 });
      const first = await group.consume();
      await expect(group.consume()).rejects.toThrow(PersistentSubscriptionMaximumSubscribersReachedError);
      await first.close();
      await group.infoOnce(({ connections }) => connections.length === 0);
      await (await group.consume()).close();
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
      await client.createPersistentSubscriptionToStream(links, 'resolving', groupSettings({ resolveLinkTos: true }));
      const consumer = await PersistentConsumer.ofStream(client, links, 'resolving');
      await consumer.ack(...(await consumer.received(2)));
      expect(consumer.numbers).toEqual([1, 0]);
      expect(consumer.events.map(({ link }) => link?.streamId)).toEqual([links, links]);
      await consumer.close();
    });

    it('may be $all from a position, with a filter', async () => {
      const { position } = await client.appendToStream(newStream(), counted(0));
      const groupName = `group-${randomUUID()}`;
      await client.createPersistentSubscriptionToAll(
        groupName,
        persistentSubscriptionToAllSettingsFromDefaults({
          startFrom: position,
          checkPointLowerBound: 1,
          checkPointAfter: 10,
        }),
        { filter: streamNameFilter({ prefixes: [stream] }) },
      );
      const consumer = await PersistentConsumer.ofAll(client, groupName);
      await client.appendToStream(newStream(), counted(9));
      await client.appendToStream(stream, countedUpTo(2));
      await consumer.ack(...(await consumer.received(2)));
      expect(consumer.numbers).toEqual([0, 1]);
      const { settings: description } = await client.getPersistentSubscriptionToAllInfo(groupName);
      expect(description.startFrom).toEqual(position);
      await client.deletePersistentSubscriptionToAll(groupName);
      expect(await consumer.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    });

    it('may be deleted and recreated', async () => {
      await client.appendToStream(stream, countedUpTo(2));
      await group.create();
      const consumer = await group.consume();
      await consumer.ack(...(await consumer.received(2)));
      await client.deleteStream(stream);
      await client.appendToStream(stream, counted(2));
      await consumer.received(3);
      expect(consumer.numbers).toEqual([0, 1, 2]);
      await consumer.close();
    });
  });

  it('continue after a restart of the subsystem', async () => {
    await client.appendToStream(stream, counted(0));
    await group.create();
    const first = await group.consume();
    await first.received(1);
    await client.restartPersistentSubscriptionSubsystem();
    expect(await first.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    const second = await group.consume();
    await second.received(1);
    expect(second.numbers).toEqual([0]);
    await second.close();
  });
});
