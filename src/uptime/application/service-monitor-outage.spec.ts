import { Monitored } from '../../../test/uptime/monitored.js';
import { type DecidedProbe, NOON } from '../../../test/uptime/probed-service.js';
import { type MemoryEventStore } from '../../../test/uptime/memory-event-store.js';
import { type ServiceMonitor } from './service-monitor.js';

describe('the monitor of a service, while the store is away', () => {
  let given: Monitored;
  let store: MemoryEventStore;
  let probe: DecidedProbe;
  let logged: readonly string[];
  let monitor: ServiceMonitor;

  beforeEach(async () => {
    given = new Monitored();
    ({ store, probe, logged } = given);
    monitor = await given.start();
  });
  afterEach(() => given.spool.remove());
  const run = (times: number, probing = monitor): Promise<void> => given.run(times, probing);

  it('goes on probing, and records the changes later, in order, with their times, once', async () => {
    await run(3);
    store.goAway();
    probe.goesDown();
    await run(4);
    probe.comesUp();
    await run(3);
    expect(monitor.latestChanges.map(({ status }) => status)).toEqual(['up', 'down', 'up']);
    store.comeBack();
    await run(2);
    expect(given.told()).toEqual(['up@0', 'down@30', 'up@70']);
    await monitor.stop(1_000);
    expect(given.turns()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(logged).toEqual([expect.stringContaining('not recorded, tried again with every probe'), 'http: recording again']);
  });

  it('from the very start on, judges the samples by what the stream says when it can be read', async () => {
    await run(3);
    await monitor.stop(1_000);
    store.goAway();
    const restarted = await given.start('prober2');
    expect(restarted.isReady).toBe(false);
    probe.goesDown();
    await run(3, restarted);
    probe.comesUp();
    await run(3, restarted);
    store.comeBack();
    await run(1, restarted);
    expect(given.told()).toEqual(['up@0', 'down@30', 'up@60']);
  });

  it('records a sample once, also where the process was killed between recording it and noting that', async () => {
    await run(8);
    store.loseNextAnswer();
    await run(1);
    expect(given.samples()).toHaveLength(9);
    expect(given.spool.open().waiting('http')).toBe(7);
    await given.spool.restart();
    const restarted = await given.start('prober2');
    await run(1, restarted);
    await restarted.stop(1_000);
    expect(given.turns()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('stops in time, and what could not be recorded is recorded after the next start, by the process that finds it', async () => {
    await run(3);
    store.goAway();
    probe.goesDown();
    await run(3);
    await monitor.stop(1_000);
    expect(logged.at(-1)).toBe('http: stopped with 4 samples that could not be recorded; they are kept, and recorded after the next start');
    await given.spool.restart();
    store.comeBack();
    const restarted = await given.start('prober2');
    expect(given.told()).toEqual(['up@0', 'down@30']);
    // What waits is known already, also before it is recorded.
    expect(restarted.covered).toEqual([{ from: NOON + 20_000, to: NOON + 50_000 }]);
    await restarted.stop(1_000);
    expect(given.turns()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
