import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, counted, newStream } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

const NAMES = ['$by_category', '$by_correlation_id', '$by_event_type', '$stream_by_category', '$streams'];

describe('the system projections', () => {
  let directory: string;
  let server: KurrentDBServer;
  let client: KurrentDBClient;

  const start = async (): Promise<void> => {
    server = await KurrentDBServer.start('--data', directory, '--port', '0');
    client = KurrentDBClient.connectionString(server.connectionString);
  };
  const stop = async (): Promise<void> => {
    await client.dispose();
    await server.kill();
  };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-projections-'));
    await start();
  });
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  itWithOwnServer('are the five of KurrentDB, run, and have processed the whole log', async () => {
    const { position } = await client.appendToStream(newStream(), counted(1));
    const listed = await client.listProjections();
    expect(listed.map(({ name }) => name).sort()).toEqual(NAMES);
    for (const details of listed) {
      expect(details).toMatchObject({
        effectiveName: details.name,
        projectionStatus: 'Running',
        progress: 100,
        position: `C:${position?.commit}/P:${position?.commit}`,
        lastCheckpoint: details.position,
        stateReason: '',
        writesInProgress: 0,
      });
      expect(await client.getProjectionStatus(details.name)).toEqual(details);
    }
  });

  itWithOwnServer('are disabled, aborted and enabled, also across a restart, and their streams stay', async () => {
    const status = async (name: string): Promise<string> => (await client.getProjectionStatus(name)).status;
    await client.disableProjection('$streams');
    await client.abortProjection('$by_event_type');
    expect([await status('$streams'), await status('$by_event_type'), await status('$by_category')]).toEqual([
      'Stopped',
      'Aborted/Stopped',
      'Running',
    ]);
    await client.appendToStream(newStream(), counted(1));
    const stopped = await client.getProjectionStatus('$streams');
    expect(stopped.progress).toBeLessThan(100);
    await stop();
    await start();
    expect([await status('$streams'), await status('$by_event_type')]).toEqual(['Stopped', 'Stopped']);
    expect((await client.getProjectionStatus('$streams')).position).toBe(stopped.position);
    expect((await collect(client.readStream('$streams'))).length).toBeGreaterThan(0);
    for (const name of NAMES) {
      await client.enableProjection(name);
      expect(await status(name)).toBe('Running');
    }
  });

  itWithOwnServer('are reset and have no state, but cannot be deleted', async () => {
    await client.resetProjection('$by_category');
    await client.restartSubsystem();
    expect(await client.getProjectionState('$by_category')).toEqual({});
    expect(await client.getProjectionResult('$by_category')).toEqual({});
    await expect(client.deleteProjection('$by_category')).rejects.toMatchObject({ code: 9 });
  });

  itWithOwnServer('are the only ones: others are not found, and cannot be created', async () => {
    for (const call of [
      client.getProjectionStatus('mine'),
      client.enableProjection('mine'),
      client.disableProjection('mine'),
      client.resetProjection('mine'),
      client.deleteProjection('mine'),
      client.getProjectionState('mine'),
    ])
      await expect(call).rejects.toMatchObject({ code: 5, message: "5 NOT_FOUND: Projection 'mine' not found" });
    await expect(client.createProjection('mine', 'fromAll()')).rejects.toMatchObject({ code: 12 });
  });
});
