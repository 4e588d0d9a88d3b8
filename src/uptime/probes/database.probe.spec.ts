import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { MemoryEventStore } from '../../../test/uptime/memory-event-store.js';
import { uptimeEvents } from '../../../test/uptime/probed-service.js';
import { DatabaseProbe } from './database.probe.js';
import { KurrentDBTarget } from './kurrentdb-target.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

describe('the database probe', () => {
  it('finds nothing wrong with a store that keeps and gives back an event', async () => {
    expect(await new DatabaseProbe(new MemoryEventStore(uptimeEvents())).probe(NEVER)).toEqual({ responseTime: 1 });
  });

  it('tells why the store does not work', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    store.goAway();
    expect(await new DatabaseProbe(store).probe(NEVER)).toEqual({ responseTime: 1, error: 'KurrentDB cannot be reached' });
  });

  it('of a store by its URL tells that nobody listens there, and not the credentials', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const { port } = unused.address() as AddressInfo;
    unused.close();
    const probe = new DatabaseProbe(new KurrentDBTarget(`kurrentdb://jane:secret@127.0.0.1:${port}?tls=false`, clock));
    const { error } = await probe.probe(NEVER);
    expect(error).toBe(`connection refused by 127.0.0.1:${port}`);
    await probe.close();
  });

  it('gives up a test that is told to end', async () => {
    let abandoned = 0;
    const abandon = (): Promise<void> => {
      abandoned++;
      return Promise.resolve();
    };
    const probe = new DatabaseProbe({ testConnection: () => new Promise(() => undefined), abandon });
    const stop = new AbortController();
    const neverEnds = probe.probe(stop.signal);
    stop.abort();
    expect(await Promise.race([neverEnds, Promise.resolve('goes on')])).toBe('goes on');
    expect(abandoned).toBe(1);
  });
});
