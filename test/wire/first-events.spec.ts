import { BACKWARDS, END, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, counted, newStream } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

describe('a store that nothing was written to', () => {
  let directory: string;
  let server: KurrentDBServer;
  let client: KurrentDBClient;

  const start = async (): Promise<void> => {
    server = await KurrentDBServer.start('--insecure', '--data', directory, '--port', '0');
    client = KurrentDBClient.connectionString(server.connectionString);
  };
  const stop = async (): Promise<void> => {
    await client.dispose();
    await server.kill();
  };
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-first-events-'));
    await start();
  });
  afterEach(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const written = async (): Promise<string[]> =>
    (await collect(client.readAll())).map(({ event }) => `${event?.type} in ${event?.streamId}`);

  itWithOwnServer('has $metadata and system events in $all, whose last position can be read', async () => {
    const events = await written();
    expect(events).toContain('$metadata in $$$scavenges');
    expect(events[0]).toMatch(/^\$metadata in \$\$\$stats-/);
    expect(events).toContain('$ProjectionsInitialized in $projections-$all');
    expect(events.every((event) => event.startsWith('$') && event.includes(' in $'))).toBe(true);
    const [last] = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    expect(last?.event?.position?.commit).toBeGreaterThan(0n);
    expect(await client.listPersistentSubscriptionsToAll().catch(({ type }: { type: string }) => type)).toBe(
      'persistent-subscription-does-not-exist',
    );
  });

  itWithOwnServer('has no ordinary streams: nothing is in its index streams', async () => {
    for (const name of ['$streams', '$et-$metadata', '$ce-$projections'])
      await expect(collect(client.readStream(name))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  itWithOwnServer('gets these events once', async () => {
    const before = await written();
    await client.appendToStream(newStream(), counted(1));
    await stop();
    await start();
    expect((await written()).slice(0, before.length)).toEqual(before);
    expect(await written()).toHaveLength(before.length + 1);
    const [first] = await collect(client.readAll({ fromPosition: START, maxCount: 1 }));
    expect(first?.event?.revision).toBe(0n);
  });
});
