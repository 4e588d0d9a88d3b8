import { createServer, type Server } from 'node:net';
import { systemClock as clock } from '../../../../common/clock.js';
import { createDatabaseProbe, probeDatabase } from '../../../../../test/support/database-probe.js';
import { sleep, until } from '../../../../../test/support/eventually.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { MemoryEventStore } from '../../../../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../../../../test/support/probed-service.js';
import { ownDatabase } from './database-for-url.js';
import { DatabaseProbe } from './database.probe.js';

const SCHEMES = ['postgres', 'postgresql', 'mysql', 'redis', 'rediss', 'kurrentdb', 'kurrentdb+discover', 'mongodb'];

describe('the database probe', () => {
  const servers = new LoopbackServers();
  const listening = (create: () => Server): Promise<string> => servers.listen(create());
  const urlOf = (scheme: string, hostPort: string): string =>
    `${scheme}://jane:secret@${hostPort}${scheme.startsWith('kurrentdb') ? '?tls=false&maxDiscoverAttempts=1' : ''}`;

  describe('of this service’s own store', () => {
    const store = new MemoryEventStore(uptimeEvents());
    const probe = new DatabaseProbe(ownDatabase(store), clock);

    it('succeeds if the store appends and reads an event', async () => {
      expect(await probe.probe(new AbortController().signal)).toEqual({ responseTime: expect.any(Number) as number });
    });

    it('reports the failure of the connection test', async () => {
      store.goAway();
      expect(await probe.probe(new AbortController().signal)).toMatchObject({ error: 'KurrentDB cannot be reached' });
    });
  });

  it.each(SCHEMES)('of %s reports a refused connection without retries or credentials', async (scheme) => {
    const hostPort = await listening(() => createServer());
    servers.stopListening();
    const { error, responseTime } = await probeDatabase(urlOf(scheme, hostPort));
    expect(error).toBe(`connection refused by ${hostPort}`);
    expect(responseTime).toBeLessThan(2_000);
  });

  it.each(SCHEMES.filter((scheme) => !scheme.startsWith('kurrentdb')))(
    'of %s reports a connection that is closed immediately',
    async (scheme) => {
      const hostPort = await listening(() => createServer((socket) => socket.destroy()));
      const { error = '' } = await probeDatabase(urlOf(scheme, hostPort));
      expect(error).toBe(`connection closed by ${hostPort} before a response`);
    },
  );

  it.each(SCHEMES)(
    'of %s aborts and closes its connections if the server accepts them and stays silent',
    async (scheme) => {
      const hostPort = await listening(() => createServer((socket) => socket.on('error', () => undefined).resume()));
      const probe = createDatabaseProbe(urlOf(scheme, hostPort));
      const stop = new AbortController();
      const probing = probe.probe(stop.signal);
      await until(() => servers.connections.size > 0, 'a connection is open');
      await sleep(300);
      stop.abort();
      expect(await probing).toHaveProperty('error');
      await servers.open(0);
      await probe.close();
    },
  );

  it('opens no connection if it is aborted before it starts', async () => {
    const hostPort = await listening(() => createServer((socket) => socket.resume()));
    const stop = new AbortController();
    stop.abort();
    for (const scheme of SCHEMES)
      expect(await createDatabaseProbe(urlOf(scheme, hostPort)).probe(stop.signal)).toHaveProperty('error');
    expect(servers.connections.size).toBe(0);
  });

  it.each([
    ['postgres://jane:secret@127.0.0.1:bad/', /^the URL is not valid/],
    ['mysql://jane:secret@127.0.0.1/?ssl-mode=PERHAPS', /^ssl-mode in the URL must be one of DISABLED, /],
  ])('reports the error of %s without the credentials', async (url, says) => {
    const { error = '' } = await probeDatabase(url);
    expect(error).toMatch(says);
    expect(error).not.toContain('secret');
  });
});
