import { readdirSync, readlinkSync } from 'node:fs';
import { KurrentDBServer } from '../../../../../test/support/kurrentdb-server.js';
import { createDatabaseProbe } from '../../../../../test/support/database-probe.js';
import { sleep } from '../../../../../test/support/eventually.js';
import { type DatabaseProbe } from './database.probe.js';
import { type ProbeResult } from '../../../domain/index.js';

const PROBES = 10;

describe('the database probe of another KurrentDB', () => {
  let server: KurrentDBServer;
  let probe: DatabaseProbe;
  const runProbe = (signal = new AbortController().signal): Promise<ProbeResult> => probe.probe(signal);

  beforeAll(async () => {
    server = await KurrentDBServer.start('--port', '0', '--insecure', '--mem-db');
    probe = createDatabaseProbe(server.connectionString);
  });
  afterAll(async () => {
    await probe.close();
    await server.kill('SIGKILL');
  });

  it('succeeds if an event is appended and read back', async () => {
    expect(await runProbe()).toEqual({ responseTime: expect.any(Number) as number });
  });

  it('does not leak sockets', async () => {
    const before = sockets();
    for (let probes = 0; probes < PROBES; probes++) await runProbe();
    expect(sockets()).toBeLessThan(before + PROBES / 2);
  });

  it('aborts if the server hangs, and succeeds when it resumes', async () => {
    server.send('SIGSTOP');
    const ending = new AbortController();
    const probing = runProbe(ending.signal);
    expect(await Promise.race([probing.then(() => 'responds'), sleep(500).then(() => 'hangs')])).toBe('hangs');
    ending.abort();
    expect((await probing).error).toEqual(expect.any(String));
    server.send('SIGCONT');
    await sleep(200);
    expect(await runProbe()).not.toHaveProperty('error');
  });

  it('reports a refused connection, and succeeds when the server is back', async () => {
    const { port } = server;
    await server.kill('SIGKILL');
    expect((await runProbe()).error).toMatch(new RegExp(`^connection refused by localhost:${port}$`));
    server = await KurrentDBServer.start('--port', String(port), '--insecure', '--mem-db');
    expect(await runProbe()).not.toHaveProperty('error');
  });
});

/** Open sockets of this process, including those of native code. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
