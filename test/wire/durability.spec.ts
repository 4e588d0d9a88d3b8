import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, counted, countedUpTo, newStream, numbers } from '../support/embedded-client.js';
import { crashRound } from '../support/embedded-crash.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

describe('the embedded server on a disk', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'embedded-durability-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const withServer = async <T>(
    use: (client: KurrentDBClient, server: KurrentDBServer) => Promise<T>,
    ...args: readonly string[]
  ): Promise<T> => {
    const server = await KurrentDBServer.start('--data', directory, '--port', '0', ...args);
    const client = KurrentDBClient.connectionString(server.connectionString);
    try {
      return await use(client, server);
    } finally {
      await client.dispose();
      await server.kill();
    }
  };

  itWithOwnServer('keeps events, metadata and idempotency across a restart', async () => {
    const stream = newStream();
    const events = countedUpTo(3);
    await withServer(async (client) => {
      await client.appendToStream(stream, events);
      await client.setStreamMetadata(stream, { maxCount: 2 });
    });
    await withServer(async (client) => {
      expect(numbers(await collect(client.readStream(stream)))).toEqual([1, 2]);
      expect((await client.appendToStream(stream, events)).nextExpectedRevision).toBe(2n);
      expect((await client.appendToStream(stream, counted(3))).nextExpectedRevision).toBe(3n);
    });
  });

  itWithOwnServer(
    'has every acknowledged event once and in order after a kill during writes',
    async () => {
      for (const killAfterMs of [40, 150, 400]) expect(await crashRound(directory, killAfterMs)).toEqual([]);
    },
    60_000,
  );

  itWithOwnServer('creates files readable by the owner only, and keeps password and certificate', async () => {
    const firstString = await withServer((_client, { connectionString }) =>
      Promise.resolve(connectionString.replace(/:\d+\?/, '?')),
    );
    const tls = join(directory, 'tls');
    for (const file of readdirSync(tls)) expect(statSync(join(tls, file)).mode & 0o077).toBe(0);
    const certificate = readFileSync(join(tls, 'node.crt'), 'utf8');
    await withServer((_client, { connectionString }) => {
      expect(connectionString.replace(/:\d+\?/, '?')).toBe(firstString);
      expect(readFileSync(join(tls, 'node.crt'), 'utf8')).toBe(certificate);
      return Promise.resolve();
    });
  });

  itWithOwnServer('rejects a second server on the same directory', async () => {
    await withServer(async () => {
      await expect(KurrentDBServer.start('--data', directory, '--port', '0', '--insecure')).rejects.toThrow(
        /is in use by process \d+/,
      );
    }, '--insecure');
  });

  itWithOwnServer('rejects a foreign file and does not modify it', async () => {
    const file = join(directory, 'store.mdb');
    const content = Buffer.alloc(64 * 1024, 'not a database ');
    writeFileSync(file, content);
    await expect(KurrentDBServer.start('--data', directory, '--port', '0', '--insecure')).rejects.toThrow(/store\.mdb/);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  itWithOwnServer('rejects a truncated store and does not modify it', async () => {
    await withServer((client) => client.appendToStream(newStream(), countedUpTo(2000)), '--insecure');
    const file = join(directory, 'store.mdb');
    const half = readFileSync(file).subarray(0, Math.floor(statSync(file).size / 2));
    writeFileSync(file, half);
    await expect(KurrentDBServer.start('--data', directory, '--port', '0', '--insecure')).rejects.toThrow(/damaged/);
    expect(readFileSync(file).equals(half)).toBe(true);
  });

  itWithOwnServer('rejects an emptied store file', async () => {
    await withServer((client) => client.appendToStream(newStream(), counted(1)), '--insecure');
    writeFileSync(join(directory, 'store.mdb'), '');
    await expect(KurrentDBServer.start('--data', directory, '--port', '0', '--insecure')).rejects.toThrow(/damaged/);
  });

  itWithOwnServer('rejects appends when the disk is full and keeps serving reads', () => {
    // A file size limit (ulimit) simulates a full disk.
    const script = join(__dirname, '../support/embedded-full-disk.mjs');
    const { status, stdout, stderr } = spawnSync('bash', ['-c', `ulimit -f 2048; exec node ${script} ${directory}`], {
      encoding: 'utf8',
      timeout: 25_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.anything() as unknown });
    expect(stdout).toContain('rejected, and all acknowledged events exist');
  });
});
