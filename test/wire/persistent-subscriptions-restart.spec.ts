import {
  END,
  KurrentDBClient,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionDroppedError,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect, counted, countedUpTo, newStream } from '../support/embedded-client.js';
import { until } from '../support/eventually.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';
import { PersistentConsumer } from '../support/persistent-consumer.js';

const GROUP = 'group';
const EAGER = { checkPointLowerBound: 1, checkPointAfter: 10 } as const;

describe('persistent subscriptions across a restart', () => {
  let directory: string;
  let stream: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-groups-'));
    stream = newStream();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Runs the server once; it is ended by the signal. */
  const runServer = async (signal: NodeJS.Signals, use: (client: KurrentDBClient) => Promise<void>): Promise<void> => {
    const server = await KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');
    const client = KurrentDBClient.connectionString(server.connectionString);
    try {
      await use(client);
    } finally {
      await server.kill(signal);
      await client.dispose();
    }
  };

  const statsOnce = async (
    client: KurrentDBClient,
    condition: (
      stats: Awaited<ReturnType<KurrentDBClient['getPersistentSubscriptionToStreamInfo']>>['stats'],
    ) => boolean,
  ): Promise<void> => {
    await until(
      async () => condition((await client.getPersistentSubscriptionToStreamInfo(stream, GROUP)).stats),
      'the statistics of the group match',
    );
  };

  itWithOwnServer.each(['SIGTERM', 'SIGKILL'] as const)(
    'keep settings, checkpoint and parked events (%s)',
    async (signal) => {
      await runServer(signal, async (client) => {
        await client.appendToStream(stream, countedUpTo(5));
        await client.createPersistentSubscriptionToStream(
          stream,
          GROUP,
          persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, maxRetryCount: 7, ...EAGER }),
        );
        const consumer = await PersistentConsumer.ofStream(client, stream, GROUP);
        const events = await consumer.received(5);
        await consumer.ack(...events.slice(0, 3));
        await consumer.nack(PARK, ...events.slice(3, 4));
        await statsOnce(
          client,
          ({ lastCheckpointedEventRevision, parkedMessageCount }) =>
            lastCheckpointedEventRevision === 3n && parkedMessageCount === 1n,
        );
        consumer.subscription.on('error', () => undefined);
      });
      await runServer(signal, async (client) => {
        const { settings, stats } = await client.getPersistentSubscriptionToStreamInfo(stream, GROUP);
        expect(settings).toMatchObject({ startFrom: START, maxRetryCount: 7, checkPointLowerBound: 1 });
        expect(stats).toMatchObject({ lastCheckpointedEventRevision: 3n, parkedMessageCount: 1n });
        const consumer = await PersistentConsumer.ofStream(client, stream, GROUP);
        await consumer.received(1);
        expect([consumer.numbers, consumer.retryCounts]).toEqual([[4], [0]]);
        await client.replayParkedMessagesToStream(stream, GROUP);
        await consumer.received(2);
        expect(consumer.numbers).toEqual([4, 3]);
      });
    },
  );

  itWithOwnServer('that start at the end deliver events written before the restart', async () => {
    await runServer('SIGTERM', async (client) => {
      await client.appendToStream(stream, countedUpTo(2));
      await client.createPersistentSubscriptionToStream(
        stream,
        GROUP,
        persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: END }),
      );
      await client.appendToStream(stream, counted(2));
    });
    await runServer('SIGTERM', async (client) => {
      const consumer = await PersistentConsumer.ofStream(client, stream, GROUP);
      await consumer.received(1);
      expect(consumer.numbers).toEqual([2]);
      expect((await client.getPersistentSubscriptionToStreamInfo(stream, GROUP)).settings.startFrom).toBe(END);
    });
  });

  itWithOwnServer('keep replayed parked events when the server is killed', async () => {
    await runServer('SIGKILL', async (client) => {
      await client.appendToStream(stream, countedUpTo(2));
      await client.createPersistentSubscriptionToStream(
        stream,
        GROUP,
        persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...EAGER }),
      );
      const consumer = await PersistentConsumer.ofStream(client, stream, GROUP);
      await consumer.nack(PARK, ...(await consumer.received(2)));
      await statsOnce(client, ({ parkedMessageCount }) => parkedMessageCount === 2n);
      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.ack(...(await consumer.received(4)).slice(2, 3));
      const parked = `$persistentsubscription-${stream}::${GROUP}-parked`;
      await until(async () => (await collect(client.readStream(parked))).length <= 1, 'the parked stream is truncated');
      consumer.subscription.on('error', () => undefined);
    });
    await runServer('SIGKILL', async (client) => {
      expect((await client.getPersistentSubscriptionToStreamInfo(stream, GROUP)).stats.parkedMessageCount).toBe(1n);
      const consumer = await PersistentConsumer.ofStream(client, stream, GROUP);
      await client.replayParkedMessagesToStream(stream, GROUP);
      await consumer.received(1);
      expect(consumer.numbers).toEqual([1]);
    });
  });

  itWithOwnServer('to $all resume after their checkpoint with their filter', async () => {
    await runServer('SIGTERM', async (client) => {
      await client.createPersistentSubscriptionToAll(
        GROUP,
        persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, ...EAGER }),
        { filter: streamNameFilter({ regex: `^${stream}` }) },
      );
      await client.appendToStream(stream, countedUpTo(2));
      await client.appendToStream(newStream(), counted(9));
      const consumer = await PersistentConsumer.ofAll(client, GROUP);
      await consumer.ack(...(await consumer.received(2)));
      await until(async () => {
        const { stats } = await client.getPersistentSubscriptionToAllInfo(GROUP);
        return stats.lastCheckpointedEventPosition !== undefined && stats.totalInFlightMessages === 0;
      }, 'a checkpoint is written');
      await sleep(100);
    });
    await runServer('SIGTERM', async (client) => {
      await client.appendToStream(newStream(), counted(9));
      await client.appendToStream(stream, counted(2));
      const consumer = await PersistentConsumer.ofAll(client, GROUP);
      await consumer.received(1);
      await sleep(100);
      expect(consumer.numbers).toEqual([2]);
    });
  });

  itWithOwnServer('stay deleted; consumers are dropped when the server stops', async () => {
    let consumer: PersistentConsumer | undefined;
    await runServer('SIGTERM', async (client) => {
      for (const name of [GROUP, 'deleted'])
        await client.createPersistentSubscriptionToStream(
          stream,
          name,
          persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }),
        );
      await client.deletePersistentSubscriptionToStream(stream, 'deleted');
      consumer = await PersistentConsumer.ofStream(client, stream, GROUP);
    });
    expect(await consumer?.ended()).toBeInstanceOf(PersistentSubscriptionDroppedError);
    await runServer('SIGTERM', async (client) => {
      expect((await client.listPersistentSubscriptionsToStream(stream)).map(({ groupName }) => groupName)).toEqual([
        GROUP,
      ]);
      await expect(client.getPersistentSubscriptionToStreamInfo(stream, 'deleted')).rejects.toThrow(
        PersistentSubscriptionDoesNotExistError,
      );
    });
  });
});
