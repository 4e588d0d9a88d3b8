import { createServer, type Server } from 'node:net';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { MemoryEventStore } from '../../../../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../../../../test/support/probed-service.js';
import { databaseByUrl, databaseInUse } from './database-by-url.js';
import { DatabaseProbe } from './database.probe.js';
import { type ProbeResult } from '../../../domain/index.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const random = (length: number): string => 'a'.repeat(length);
const SCHEMES = ['postgres', 'postgresql', 'mysql', 'redis', 'rediss', 'kurrentdb', 'kurrentdb+discover', 'mongodb'];

describe('the database probe', () => {
  const servers = new LoopbackServers();
  const listening = (create: () => Server): Promise<string> => servers.listen(create());
  const probeOf = (url: string, query?: string): DatabaseProbe =>
    new DatabaseProbe(databaseByUrl(url, query, { clock, random, timeoutMs: 5_000 }), clock);
  const ask = (url: string, query?: string): Promise<ProbeResult> =>
    probeOf(url, query).probe(new AbortController().signal);
  const urlOf = (scheme: string, endpoint: string): string =>
    `${scheme}://jane:secret@${endpoint}${scheme.startsWith('kurrentdb') ? '?tls=false&maxDiscoverAttempts=1' : ''}`;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  describe('of the store in use', () => {
    const store = new MemoryEventStore(uptimeEvents());
    const probe = new DatabaseProbe(databaseInUse(store), clock);

    it('finds nothing wrong where it keeps and gives back an event', async () => {
      expect(await probe.probe(new AbortController().signal)).toEqual({ responseTime: expect.any(Number) as number });
    });

    it('tells why it does not work', async () => {
      store.goAway();
      expect(await probe.probe(new AbortController().signal)).toMatchObject({ error: 'KurrentDB cannot be reached' });
    });
  });

  it.each(SCHEMES)('of %s tells that nobody listens, without trying again, and not the credentials', async (scheme) => {
    const endpoint = await listening(() => createServer());
    servers.stopListening();
    const { error, responseTime } = await ask(urlOf(scheme, endpoint));
    expect(error).toBe(`connection refused by ${endpoint}`);
    expect(responseTime).toBeLessThan(2_000);
  });

  it.each(SCHEMES.filter((scheme) => !scheme.startsWith('kurrentdb')))(
    'of %s tells a connection that is closed without a word',
    async (scheme) => {
      const endpoint = await listening(() => createServer((socket) => socket.destroy()));
      const { error = '' } = await ask(urlOf(scheme, endpoint));
      expect(error).toBe(`connection closed by ${endpoint} before it had answered`);
    },
  );

  it.each(SCHEMES)(
    'of %s is ended by the signal, its connections too, at a server that takes them and says nothing',
    async (scheme) => {
      const endpoint = await listening(() => createServer((socket) => socket.on('error', () => undefined).resume()));
      const probe = probeOf(urlOf(scheme, endpoint));
      const stop = new AbortController();
      const probing = probe.probe(stop.signal);
      await until(() => servers.connections.size > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      stop.abort();
      expect(await probing).toHaveProperty('error');
      await until(() => servers.connections.size === 0);
      await probe.close();
    },
  );

  it('opens nothing where it was told to end before it began', async () => {
    const endpoint = await listening(() => createServer((socket) => socket.resume()));
    const stop = new AbortController();
    stop.abort();
    for (const scheme of SCHEMES)
      expect(await probeOf(urlOf(scheme, endpoint)).probe(stop.signal)).toHaveProperty('error');
    expect(servers.connections.size).toBe(0);
  });

  it.each([
    ['postgres://jane:secret@127.0.0.1:bad/', /^the URL cannot be used/],
    ['mysql://jane:secret@127.0.0.1/?ssl-mode=PERHAPS', /^ssl-mode in the URL must be one of DISABLED, /],
  ])('tells what is wrong with %s, and not the credentials', async (url, says) => {
    const { error = '' } = await ask(url);
    expect(error).toMatch(says);
    expect(error).not.toContain('secret');
  });
});
