import { AccessDeniedError, KurrentDBClient, StreamNotFoundError } from '@kurrent/kurrentdb-client';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, counted, countedUpTo, newStream, numbers } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

describe('stream access', () => {
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

  itWithOwnServer('users have access to ordinary streams, only admins to $all and system streams', async () => {
    const stream = newStream();
    const ops = as('ops:changeit@');
    await ops.appendToStream(stream, counted(1));
    expect(numbers(await collect(ops.readStream(stream)))).toEqual([1]);
    await expect(collect(ops.readAll({ maxCount: 1 }))).rejects.toThrow(AccessDeniedError);
    await expect(ops.appendToStream('$system-of-mine', counted(1))).rejects.toThrow(AccessDeniedError);
    expect(await collect(admin.readAll({ maxCount: 1 }))).toHaveLength(1);
  });

  itWithOwnServer('the ACL of a stream is applied to each operation', async () => {
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

  itWithOwnServer.each(['admin:wrong@', 'nobody:changeit@'])(
    'rejects the credentials %s as such, and not for missing rights',
    async (credentials) => {
      const client = as(credentials);
      const rejected = expect.objectContaining({ code: 16, message: '16 UNAUTHENTICATED: Unauthenticated' }) as unknown;
      const event = counted(1);
      await expect(client.appendToStream(newStream(), event)).rejects.toEqual(rejected);
      await expect(
        client.multiStreamAppend([{ streamName: newStream(), events: [event], expectedState: 'any' }]),
      ).rejects.toEqual(rejected);
      await expect(client.deleteStream(newStream())).rejects.toEqual(rejected);
      await expect(client.listAllPersistentSubscriptions()).rejects.toEqual(rejected);
      await expect(client.getProjectionStatus('$streams')).rejects.toEqual(rejected);
      // The client does not pass on the code of a native read.
      await expect(collect(client.readStream('any'))).rejects.toThrow(AccessDeniedError);
    },
  );

  itWithOwnServer('rejects missing credentials', async () => {
    const client = as('');
    await expect(client.appendToStream(newStream(), counted(1))).rejects.toThrow(AccessDeniedError);
    await expect(client.deleteStream(newStream())).rejects.toMatchObject({ code: 7 });
    await expect(collect(client.readStream('any'))).rejects.toThrow(AccessDeniedError);
  });

  itWithOwnServer('serves a client that begins with hundreds of calls at once, each of another kind', async () => {
    const [ops, stream] = [as('ops:changeit@'), newStream()];
    await admin.appendToStream(stream, countedUpTo(3));
    const results = await Promise.all(
      Array.from({ length: 600 }, async (_, index) =>
        index % 2 === 0
          ? numbers(await collect(ops.readStream(stream)))
          : (await ops.appendToStream(newStream(), counted(1))).success,
      ),
    );
    expect(results).toEqual(results.map((_, index) => (index % 2 === 0 ? [0, 1, 2] : true)));
  });

  itWithOwnServer('stores passwords as hashes only', () => {
    const files = spawnSync('grep', ['-rlac', 'changeit', directory], { encoding: 'utf8' });
    expect(files.stdout).toBe('');
    expect(readFileSync(join(directory, 'store.mdb')).includes('admin')).toBe(true);
  });

  itWithOwnServer('multi-stream appends are atomic', async () => {
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
