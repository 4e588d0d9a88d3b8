import {
  AccessDeniedError,
  BACKWARDS,
  END,
  jsonEvent,
  KurrentDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  type ResolvedEvent,
  START,
  StreamNotFoundError,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { credentials } from '@grpc/grpc-js';
import operationsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_grpc_pb.js';
import operationsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_pb.js';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, counted, countedUpTo, newStream, numbers, revisions } from '../support/embedded-client.js';
import { until } from '../support/eventually.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';
import { PersistentConsumer } from '../support/persistent-consumer.js';

const { OperationsClient } = operationsGrpc;
const { StartScavengeReq } = operationsPb;

/** A category that no other test has. */
const newCategory = (): string => randomUUID().replaceAll('-', '');

const links = (events: readonly ResolvedEvent[]): string[] =>
  events.map(({ link, event }) => Buffer.from(((link ?? event)?.data ?? []) as Uint8Array).toString());

/** KurrentDB writes these streams asynchronously by its system projections; here they are consistent with the log. */
describe('index streams', () => {
  let directory: string;
  let server: KurrentDBServer;
  let client: KurrentDBClient;
  let category: string;
  const open = async (): Promise<void> => {
    server = await KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');
    client = KurrentDBClient.connectionString(server.connectionString);
  };
  const close = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    await client.dispose();
    await server.kill(signal);
  };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-index-'));
    await open();
  });
  afterAll(async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => (category = newCategory()));

  const read = (stream: string, options: Parameters<typeof client.readStream>[1] = {}): Promise<ResolvedEvent[]> =>
    collect(client.readStream(stream, options));

  itWithOwnServer('link the events of a category in the order of the log, with and without resolving', async () => {
    const [a, b] = [`${category}-a-1`, `${category}-b`];
    await client.appendToStream(a, countedUpTo(2));
    await client.appendToStream(b, counted(2));
    await client.appendToStream(a, counted(3));
    const resolved = await read(`$ce-${category}`, { resolveLinkTos: true });
    expect(numbers(resolved)).toEqual([0, 1, 2, 3]);
    expect(revisions(resolved)).toEqual([0, 1, 2, 3]);
    expect(resolved[3]?.event).toMatchObject({ streamId: a, revision: 2n });
    expect(resolved[3]?.link).toMatchObject({ streamId: `$ce-${category}`, revision: 3n, type: '$>', isJson: false });
    const [first] = await read(`$ce-${category}`, { maxCount: 1 });
    expect(first?.event).toMatchObject({ streamId: `$ce-${category}`, type: '$>', data: Buffer.from(`0@${a}`) });
  });

  itWithOwnServer('are read in both directions, from any revision, with a limit', async () => {
    for (let n = 0; n < 3; n++) await client.appendToStream(`${category}-${n}`, countedUpTo(100));
    const stream = `$ce-${category}`;
    expect(revisions(await read(stream))).toEqual(Array.from({ length: 300 }, (_, n) => n));
    expect(revisions(await read(stream, { fromRevision: 62n, maxCount: 4 }))).toEqual([62, 63, 64, 65]);
    expect(revisions(await read(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 2 }))).toEqual([299, 298]);
    expect(revisions(await read(stream, { direction: BACKWARDS, fromRevision: 64n, maxCount: 2 }))).toEqual([64, 63]);
    expect(
      numbers(await read(stream, { direction: BACKWARDS, fromRevision: 100n, maxCount: 2, resolveLinkTos: true })),
    ).toEqual([0, 99]);
    await expect(read('$ce-none')).rejects.toThrow(StreamNotFoundError);
  });

  itWithOwnServer(
    'exist by event type, by correlation id, for all streams and for the streams of a category',
    async () => {
      const stream = `${category}-1`;
      const type = `Type ${category}`;
      await client.appendToStream(stream, [
        jsonEvent({ type, data: { n: 1 }, metadata: { $correlationId: category } }),
        counted(2),
      ]);
      await client.setStreamMetadata(stream, { maxAge: 1000 });
      expect(links(await read(`$et-${type}`))).toEqual([`0@${stream}`]);
      expect(links(await read(`$bc-${category}`))).toEqual([`0@${stream}`]);
      expect(links(await read('$streams', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }))).toEqual([
        `0@$$${stream}`,
        `0@${stream}`,
      ]);
      expect(links(await read(`$category-${category}`))).toEqual([stream]);
      const [metadata] = await read('$et-$metadata', {
        direction: BACKWARDS,
        fromRevision: END,
        maxCount: 1,
        resolveLinkTos: true,
      });
      expect(metadata?.event).toMatchObject({ streamId: `$$${stream}`, data: { $maxAge: 1000 } });
    },
  );

  itWithOwnServer(
    'contain the events as soon as the append is acknowledged, and none of a rejected append',
    async () => {
      const stream = `${category}-1`;
      for (let n = 0; n < 50; n++) {
        await client.appendToStream(stream, counted(n));
        expect(
          numbers(
            await read(`$ce-${category}`, {
              direction: BACKWARDS,
              fromRevision: END,
              maxCount: 1,
              resolveLinkTos: true,
            }),
          ),
        ).toEqual([n]);
      }
      await expect(client.appendToStream(stream, counted(50), { streamState: 7n })).rejects.toThrow();
      const again = counted(51);
      for (let n = 0; n < 2; n++) await client.appendToStream(stream, again);
      expect(await read(`$ce-${category}`)).toHaveLength(51);
    },
  );

  itWithOwnServer('are not in $all', async () => {
    await client.appendToStream(`${category}-1`, counted(1));
    expect(
      await collect(
        client.readAll({
          fromPosition: START,
          filter: streamNameFilter({ prefixes: ['$ce-', '$et-', '$streams', '$category-', '$bc-'] }),
        }),
      ),
    ).toEqual([]);
  });

  itWithOwnServer('can be subscribed to', async () => {
    await client.appendToStream(`${category}-1`, countedUpTo(100));
    const received: ResolvedEvent[] = [];
    const subscription = client.subscribeToStream(`$ce-${category}`, { fromRevision: START, resolveLinkTos: true });
    subscription.on('data', (event: ResolvedEvent) => received.push(event));
    await until(() => received.length === 100, '100 events were received');
    await client.appendToStream(`${category}-2`, [counted(100), counted(101)]);
    await until(() => received.length === 102, '102 events were received');
    expect(numbers(received)).toEqual(Array.from({ length: 102 }, (_, n) => n));
    await subscription.unsubscribe();
  });

  itWithOwnServer('support persistent subscriptions with ack, retry, park and replay', async () => {
    await client.appendToStream(`${category}-1`, countedUpTo(3));
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, resolveLinkTos: true });
    await client.createPersistentSubscriptionToStream(`$ce-${category}`, 'group', settings);
    const consumer = await PersistentConsumer.ofStream(client, `$ce-${category}`, 'group');
    const [first, second, third] = await consumer.received(3);
    expect(consumer.numbers).toEqual([0, 1, 2]);
    expect(first?.link).toMatchObject({ streamId: `$ce-${category}`, revision: 0n });
    if (first === undefined || second === undefined || third === undefined) throw new Error('three were received');
    await consumer.ack(first);
    await consumer.nack('retry', second);
    await consumer.received(4);
    await consumer.nack('park', third);
    await client.appendToStream(`${category}-2`, counted(3));
    await consumer.received(5);
    expect(consumer.numbers.slice(3)).toEqual([1, 3]);
    await until(async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(`$ce-${category}`, 'group');
      return stats.parkedMessageCount === 1n;
    }, 'one event is parked');
    await client.replayParkedMessagesToStream(`$ce-${category}`, 'group');
    expect(numbers((await consumer.received(6)).slice(5))).toEqual([2]);
    await consumer.close();
  });

  itWithOwnServer('apply their own metadata', async () => {
    await client.appendToStream(`${category}-1`, countedUpTo(5));
    await client.setStreamMetadata(`$ce-${category}`, { maxCount: 2 });
    expect(revisions(await read(`$ce-${category}`))).toEqual([3, 4]);
    await client.setStreamMetadata(`$ce-${category}`, { truncateBefore: 1 });
    expect(revisions(await read(`$ce-${category}`))).toEqual([1, 2, 3, 4]);
  });

  itWithOwnServer('keep dangling links to a deleted stream and record the deletion', async () => {
    const [softDeleted, tombstoned] = [`${category}-soft`, `${category}-good`];
    for (const stream of [softDeleted, tombstoned]) await client.appendToStream(stream, counted(1));
    await client.deleteStream(softDeleted);
    await client.tombstoneStream(tombstoned);
    const resolved = await read(`$ce-${category}`, { resolveLinkTos: true });
    expect(links(resolved)).toEqual([
      `0@${softDeleted}`,
      `0@${tombstoned}`,
      `0@$$${softDeleted}`,
      `9223372036854775807@${tombstoned}`,
    ]);
    expect(resolved.map(({ event }) => event?.streamId)).toEqual([undefined, undefined, `$$${softDeleted}`, undefined]);
    expect(links(await read('$et-$deleted', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }))).toEqual([
      `9223372036854775807@${tombstoned}`,
      `0@${softDeleted}`,
    ]);
  });

  itWithOwnServer('cannot be written or deleted by anyone', async () => {
    await client.appendToStream(`${category}-1`, counted(1));
    for (const stream of [`$ce-${category}`, '$streams', '$et-counted', '$category-none', '$bc-none']) {
      await expect(client.appendToStream(stream, counted(1))).rejects.toThrow(AccessDeniedError);
      await expect(client.deleteStream(stream)).rejects.toThrow(AccessDeniedError);
      await expect(client.tombstoneStream(stream)).rejects.toThrow(AccessDeniedError);
    }
    expect(await read(`$ce-${category}`)).toHaveLength(1);
  });

  itWithOwnServer('drop scavenged events and keep the others, even after a kill', async () => {
    const [deleted, kept] = [`${category}-deleted`, `${category}-kept`];
    await client.appendToStream(deleted, countedUpTo(200));
    await client.appendToStream(kept, countedUpTo(3));
    await client.appendToStream(deleted, countedUpTo(200));
    await client.deleteStream(deleted);
    const operations = new OperationsClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    await new Promise<void>((resolve, reject) =>
      operations.startScavenge(
        new StartScavengeReq().setOptions(new StartScavengeReq.Options().setThreadCount(1)),
        (error) => (error ? reject(error) : resolve()),
      ),
    );
    operations.close();
    const left = ['200', '201', '202', '403'];
    const found = async (): Promise<string[]> => revisions(await read(`$ce-${category}`)).map(String);
    await until(async () => (await found()).length === left.length, 'the events were scavenged');
    expect(await found()).toEqual(left);
    await close('SIGKILL');
    await open();
    expect(await found()).toEqual(left);
    await client.appendToStream(kept, counted(4));
    expect(revisions(await read(`$ce-${category}`, { direction: BACKWARDS, fromRevision: END }))).toEqual([
      404, 403, 202, 201, 200,
    ]);
  });
});

describe('access to index streams', () => {
  itWithOwnServer('is granted to admins and to the roles in their ACL', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'embedded-index-access-'));
    const server = await KurrentDBServer.start('--data', directory, '--port', '0');
    const [admin, ops] = ['admin', 'ops'].map((name) =>
      KurrentDBClient.connectionString(server.connectionString.replace('admin:', `${name}:`)),
    ) as [KurrentDBClient, KurrentDBClient];
    try {
      await ops.appendToStream(newStream(), counted(1));
      expect(numbers(await collect(admin.readStream('$ce-contract', { resolveLinkTos: true })))).toEqual([1]);
      await expect(collect(ops.readStream('$ce-contract'))).rejects.toThrow(AccessDeniedError);
      await expect(admin.appendToStream('$ce-contract', counted(1))).rejects.toThrow(AccessDeniedError);
      await admin.setStreamMetadata('$ce-contract', { acl: { readRoles: ['$ops'] } });
      expect(await collect(ops.readStream('$ce-contract'))).toHaveLength(1);
    } finally {
      await Promise.all([admin.dispose(), ops.dispose()]);
      await server.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
