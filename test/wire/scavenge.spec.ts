import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import operationsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_grpc_pb.js';
import operationsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_pb.js';
import { KurrentDBClient, START, streamNameFilter } from '@kurrent/kurrentdb-client';
import { collect, counted, countedUpTo, newStream, numbers } from '../support/embedded-client.js';
import { untilPasses } from '../support/eventually.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

const { OperationsClient } = operationsGrpc;
const { StartScavengeReq } = operationsPb;

describe('a scavenge', () => {
  itWithOwnServer(
    'frees the space of deleted and truncated events and keeps the others',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'embedded-scavenge-'));
      const server = await KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');
      const client = KurrentDBClient.connectionString(server.connectionString);
      const operations = new OperationsClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
      const prefix = newStream();
      const [deleted, truncated, kept, tombstoned] = ['deleted', 'truncated', 'kept', 'tombstoned'].map(
        (suffix) => `${prefix}-${suffix}`,
      ) as [string, string, string, string];
      const all = async (): Promise<string[]> =>
        (await collect(client.readAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [prefix] }) }))).map(
          ({ event }) => `${event?.revision}@${event?.streamId.slice(prefix.length + 1)}`,
        );
      try {
        for (const stream of [deleted, truncated, kept, tombstoned])
          await client.appendToStream(stream, countedUpTo(3));
        for (let n = 0; n < 20; n++) await client.appendToStream(deleted, countedUpTo(500));
        await client.deleteStream(deleted);
        await client.tombstoneStream(tombstoned);
        await client.setStreamMetadata(truncated, { maxCount: 1 });
        await new Promise<void>((resolve, reject) =>
          operations.startScavenge(
            new StartScavengeReq().setOptions(new StartScavengeReq.Options().setThreadCount(1)),
            (error) => (error ? reject(error) : resolve()),
          ),
        );

        const expected = ['2@truncated', '0@kept', '1@kept', '2@kept', '9223372036854775807@tombstoned'];
        await untilPasses(async () => expect(await all()).toEqual(expected));
        expect(numbers(await collect(client.readStream(truncated)))).toEqual([2]);

        // The freed pages are reused: the file does not grow.
        const size = statSync(join(directory, 'store.mdb')).size;
        for (let n = 0; n < 15; n++) await client.appendToStream(kept, countedUpTo(500));
        expect(statSync(join(directory, 'store.mdb')).size).toBeLessThan(size * 1.1);
        expect((await client.appendToStream(deleted, counted(1))).nextExpectedRevision).toBe(10_003n);
      } finally {
        operations.close();
        await client.dispose();
        await server.kill();
        rmSync(directory, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
