import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/eventually.js';
import { ConnectionError, TimeoutError } from '../../src/event-store/domain/index.js';
import { connect, type Connected, type Greeted, greeted, newStream } from '../support/connected-store.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

describe('KurrentDBService without a server', () => {
  let directory: string;
  const cleanups: (() => Promise<void>)[] = [];

  const startServer = async (...args: readonly string[]): Promise<KurrentDBServer> => {
    const server = await KurrentDBServer.start('--insecure', ...args);
    cleanups.push(() => server.kill('SIGKILL'));
    return server;
  };
  const connectTo = (server: KurrentDBServer, timeoutMs: number): Connected => {
    const connected = connect(server.connectionString, timeoutMs);
    cleanups.push(() => connected.clients.close());
    return connected;
  };

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kurrentdb-service-'))));
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    rmSync(directory, { recursive: true, force: true });
  });

  // Skipped against an external server, which the test must not stop.
  itWithOwnServer(
    'throws ConnectionError from every operation, and recovers with its subscription when the server is back',
    async () => {
      const own = await startServer('--data', directory, '--port', '0');
      const port = String(own.port);
      const connected = connectTo(own, 3_000);
      const name = newStream();
      const seen: string[] = [];
      await connected.store.appendToStream(name, greeted('before'));
      const subscription = connected.store.subscribeToStream(name, {
        onBatch: ({ events }) => void seen.push(...events.map(({ data }) => (data as Greeted).greeting)),
      });
      cleanups.push(() => subscription.stop());
      await until(() => seen.length === 1);

      await own.kill('SIGKILL');
      await expect(connected.store.appendToStream(name, greeted('lost'))).rejects.toThrow(ConnectionError);
      await expect(connected.store.readStream(name)).rejects.toThrow(ConnectionError);
      await expect(connected.store.getStreamMetadata(name)).rejects.toThrow(ConnectionError);
      expect(await connected.store.testConnection()).toMatchObject({
        connection: 'failed',
        health: 'unhealthy',
        error: expect.stringContaining('cannot be reached') as string,
      });

      await startServer('--data', directory, '--port', port);
      const after = { ...greeted('after'), eventId: 'evt_1_afterafter' };
      await until(() =>
        connected.store.appendToStream(name, after).then(
          () => true,
          () => false,
        ),
      );
      await until(() => seen.length === 2, undefined, { withinMs: 15_000 });
      expect(seen).toEqual(['before', 'after']);
      expect(await connected.store.testConnection()).toMatchObject({ connection: 'success' });
    },
  );

  // Skipped against an external server, which the test must not suspend.
  itWithOwnServer('throws TimeoutError in time for a server that hangs', async () => {
    const own = await startServer('--mem-db', '--port', '0');
    const connected = connectTo(own, 2_000);
    const name = newStream();
    await connected.store.appendToStream(name, greeted('a'));
    await connected.store.readStream(name);
    own.send('SIGSTOP');
    const start = performance.now();
    await expect(connected.store.appendToStream(name, greeted('b'))).rejects.toThrow(TimeoutError);
    await expect(connected.store.readStream(name)).rejects.toThrow(TimeoutError);
    expect(performance.now() - start).toBeLessThan(8_000);
  });
});
