import { AccessDeniedError, KurrentDBClient, StreamNotFoundError } from '@kurrent/kurrentdb-client';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, counted, countedUpTo, newStream, numbers } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

describe('who may do what', () => {
  let directory: string;
  let server: KurrentDBServer;
  let admin: KurrentDBClient;
  const clients: KurrentDBClient[] = [];

  const as = (credentials: string): KurrentDBClient => {
    const client = KurrentDBClient.connectionString(server.connectionString.replace('admin:changeit@', credentials));
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-access-'));
    server = await KurrentDBServer.start('--data', directory, '--port', '0');
    admin = as('admin:changeit@');
  });
  afterAll(async () => {
    for (const client of clients) await client.dispose();
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  itWithOwnServer(
    'users do as they like with ordinary streams, and only admins see $all and system streams',
    async () => {
      const stream = newStream();
      const ops = as('ops:changeit@');
      await ops.appendToStream(stream, counted(1));
      expect(numbers(await collect(ops.readStream(stream)))).toEqual([1]);
      await expect(collect(ops.readAll({ maxCount: 1 }))).rejects.toThrow(AccessDeniedError);
      await expect(ops.appendToStream('$system-of-mine', counted(1))).rejects.toThrow(AccessDeniedError);
      expect(await collect(admin.readAll({ maxCount: 1 }))).toHaveLength(1);
    },
  );

  itWithOwnServer("a stream's own list decides, right by right", async () => {
    const stream = newStream();
    const ops = as('ops:changeit@');
    await admin.appendToStream(stream, counted(1));
    await admin.setStreamMetadata(stream, {
      acl: {
        readRoles: ['$ops'],
        writeRoles: ['$admins'],
        deleteRoles: ['$admins'],
        metaReadRoles: ['$admins'],
        metaWriteRoles: ['$admins'],
      },
    });
    expect(numbers(await collect(ops.readStream(stream)))).toEqual([1]);
    await expect(ops.appendToStream(stream, counted(2))).rejects.toThrow(AccessDeniedError);
    await expect(ops.getStreamMetadata(stream)).rejects.toThrow(AccessDeniedError);
    await expect(ops.deleteStream(stream)).rejects.toThrow(AccessDeniedError);
  });

  itWithOwnServer('nobody gets in with a wrong password, or with none', async () => {
    for (const credentials of ['admin:wrong@', 'nobody:changeit@', '']) {
      const client = as(credentials);
      await expect(client.appendToStream(newStream(), counted(1))).rejects.toThrow();
      await expect(collect(client.readStream('any'))).rejects.toThrow();
    }
  });

  itWithOwnServer('passwords are stored as hashes, and the traffic is TLS', () => {
    const files = spawnSync('grep', ['-rlac', 'changeit', directory], { encoding: 'utf8' });
    expect(files.stdout).toBe('');
    expect(readFileSync(join(directory, 'store.mdb')).includes('admin')).toBe(true);
  });

  itWithOwnServer('several streams are written together, or none is', async () => {
    const [open, closed] = [newStream(), newStream()];
    await admin.appendToStream(closed, countedUpTo(1));
    await expect(
      admin.multiStreamAppend([
        { streamName: open, events: [counted(1)], expectedState: 'no_stream' },
        { streamName: closed, events: [counted(1)], expectedState: 'no_stream' },
      ]),
    ).rejects.toThrow();
    await expect(collect(admin.readStream(open))).rejects.toThrow(StreamNotFoundError);
    await admin.multiStreamAppend([
      { streamName: open, events: [counted(1)], expectedState: 'no_stream' },
      { streamName: closed, events: [counted(1)], expectedState: 0n },
    ]);
    expect([numbers(await collect(admin.readStream(open))), numbers(await collect(admin.readStream(closed)))]).toEqual([
      [1],
      [0, 1],
    ]);
  });
});
