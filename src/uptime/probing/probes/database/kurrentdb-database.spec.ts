import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { systemClock as clock } from '../../../../common/clock.js';
import { KurrentDBServer } from '../../../../../test/support/kurrentdb-server.js';
import { databaseForUrl } from './database-for-url.js';
import { DatabaseProbe } from './database.probe.js';
import { type ProbeResult } from '../../../domain/index.js';

const random = (length: number): string => randomBytes(length).toString('hex').slice(0, length);
const PROBES = 10;

describe('the database probe of another KurrentDB', () => {
  let server: KurrentDBServer;
  let probe: DatabaseProbe;
  const ask = (signal = new AbortController().signal): Promise<ProbeResult> => probe.probe(signal);
  const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

  beforeAll(async () => {
    server = await KurrentDBServer.start('--port', '0', '--insecure', '--mem-db');
    probe = new DatabaseProbe(
      databaseForUrl(server.connectionString, undefined, { clock, random, timeoutMs: 5_000 }),
      clock,
    );
  });
  afterAll(async () => {
    await probe.close();
    await server.kill('SIGKILL');
  });

  it('succeeds if an event is appended and read back', async () => {
    expect(await ask()).toEqual({ responseTime: expect.any(Number) as number });
  });

  it('does not leak sockets', async () => {
    const before = sockets();
    for (let probes = 0; probes < PROBES; probes++) await ask();
    expect(sockets()).toBeLessThan(before + PROBES / 2);
  });

  it('aborts if the server hangs, and succeeds when it resumes', async () => {
    server.send('SIGSTOP');
    const ending = new AbortController();
    const asking = ask(ending.signal);
    expect(await Promise.race([asking.then(() => 'answers'), pause(500).then(() => 'hangs')])).toBe('hangs');
    ending.abort();
    expect((await asking).error).toEqual(expect.any(String));
    server.send('SIGCONT');
    await pause(200);
    expect(await ask()).not.toHaveProperty('error');
  });

  it('reports a refused connection, and succeeds when the server is back', async () => {
    const { port } = server;
    await server.kill('SIGKILL');
    expect((await ask()).error).toMatch(new RegExp(`^connection refused by localhost:${port}$`));
    server = await KurrentDBServer.start('--port', String(port), '--insecure', '--mem-db');
    expect(await ask()).not.toHaveProperty('error');
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
