import { CHANGES_STREAM, Monitored } from '../../../test/uptime/monitored.js';
import { type DecidedProbe, HTTP, type ManualClock, NOON } from '../../../test/uptime/probed-service.js';
import { type MemoryEventStore } from '../../../test/uptime/memory-event-store.js';
import { toServiceStatusChanged } from '../domain/index.js';
import { type ServiceMonitor } from './service-monitor.js';

describe('the monitor of a service, with another replica', () => {
  let given: Monitored;
  let store: MemoryEventStore;
  let clock: ManualClock;
  let probe: DecidedProbe;
  let logged: readonly string[];
  let monitor: ServiceMonitor;

  beforeEach(async () => {
    given = new Monitored();
    ({ store, clock, probe, logged } = given);
    monitor = await given.start();
  });
  afterEach(() => given.spool.remove());
  const run = (times: number, probing = monitor): Promise<void> => given.run(times, probing);

  it('two that see the same record each change once', async () => {
    const other = await given.start('prober2');
    const both = async (times: number): Promise<void> => {
      for (let index = 0; index < times; index++) {
        await Promise.all([monitor.probeOnce(), other.probeOnce()]);
        await Promise.all([monitor.recorded(), other.recorded()]);
        clock.advance(HTTP.intervalMs);
      }
    };
    await both(3);
    probe.goesDown();
    await both(4);
    probe.comesUp();
    await both(4);
    expect(given.told()).toEqual(['up@0', 'down@30', 'up@70']);
  });

  it('drops a change that the other one was faster with, and goes on from there', async () => {
    await run(3);
    probe.goesDown();
    await run(2);
    const faster = toServiceStatusChanged({ serviceName: 'http', status: 'down', at: NOON + 29_000, duration: 29_000, metadata: {}, eventId: 'evt_1_faster00' });
    store.beforeNextAppend(() => store.appendToStream(CHANGES_STREAM, faster));
    await run(1);
    expect(given.told()).toEqual(['up@0', 'down@29']);
    probe.comesUp();
    await run(2);
    expect(given.told()).toEqual(['up@0', 'down@29', 'up@60']);
    expect(given.changes().at(-1)?.duration).toBe(31_000);
  });

  it('hands over: leaves its changes to that one, and records the samples from while it was sure to be the prober', async () => {
    await run(3);
    probe.goesDown();
    await run(2);
    given.isProber = false;
    await run(3);
    expect(given.told()).toEqual(['up@0']);
    await monitor.handOver(NOON + 45_000);
    expect(given.told()).toEqual(['up@0']);
    expect(given.turns()).toEqual([0, 1, 2, 3, 4]);
    expect(logged).toEqual(['http: 3 samples are not recorded: another replica probed at that time']);
    const begun = probe.begun;
    await run(1);
    expect(probe.begun).toBe(begun);
  });

  it('takes over where that one stood: a run that its recorded samples began goes on', async () => {
    await run(3);
    probe.goesDown();
    await run(2);
    given.isProber = false;
    await monitor.handOver(clock.now());
    given.isProber = true;
    const next = await given.start('prober2');
    await run(1, next);
    expect(given.told()).toEqual(['up@0', 'down@30']);
  });

  it('begins runs anew where nobody probed for too long', async () => {
    await run(3);
    probe.goesDown();
    await run(2);
    await monitor.stop(1_000);
    clock.advance(60_000);
    const next = await given.start('prober2');
    await run(3, next);
    expect(given.told()).toEqual(['up@0', 'down@110']);
  });

  it('gives up for now, and not for ever, where the other one is always faster', async () => {
    await run(3);
    probe.goesDown();
    await run(2);
    let revision = 0;
    const overtake = (): Promise<unknown> => {
      const appended = store.appendToStream(CHANGES_STREAM, { type: 'CorrectionMade', data: {}, eventId: `evt_${revision++}_another0` });
      if (revision < 8) store.beforeNextAppend(overtake);
      return appended;
    };
    store.beforeNextAppend(overtake);
    await run(1);
    await run(1);
    expect(given.told()).toEqual(['up@0', 'down@30']);
  });
});
