import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { KurrentDBServer } from '../../../../../test/support/kurrentdb-server.js';
import { databaseByUrl } from './database-by-url.js';
import { DatabaseProbe } from './database.probe.js';
import { type ProbeResult } from '../../../domain/index.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const random = (length: number): string => randomBytes(length).toString('hex').slice(0, length);
const PROBES = 10;

describe('the database probe, asking another KurrentDB', () => {
  let server: KurrentDBServer;
  let probe: DatabaseProbe;
  const ask = (signal = new AbortController().signal): Promise<ProbeResult> => probe.probe(signal);
  const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

  beforeAll(async () => {
    server = await KurrentDBServer.start('--port', '0', '--insecure', '--mem-db');
    probe = new DatabaseProbe(
      databaseByUrl(server.connectionString, undefined, { clock, random, timeoutMs: 5_000 }),
      clock,
    );
  });
  afterAll(async () => {
    await probe.close();
    await server.kill('SIGKILL');
  });

  it('finds nothing wrong where an event is kept and given back', async () => {
    expect(await ask()).toEqual({ responseTime: expect.any(Number) as number });
  });

  it('opens nothing more with every probe', async () => {
    const before = sockets();
    for (let probes = 0; probes < PROBES; probes++) await ask();
    expect(sockets()).toBeLessThan(before + PROBES / 2);
  });

  it('is ended where the server hangs, and works when it goes on', async () => {
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

  it('tells that nobody listens, and works again when the server is back', async () => {
    const { port } = server;
    await server.kill('SIGKILL');
    expect((await ask()).error).toMatch(new RegExp(`^connection refused by localhost:${port}$`));
    server = await KurrentDBServer.start('--port', String(port), '--insecure', '--mem-db');
    expect(await ask()).not.toHaveProperty('error');
  });
});

/** Sockets that this process has open, those of native code too. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
