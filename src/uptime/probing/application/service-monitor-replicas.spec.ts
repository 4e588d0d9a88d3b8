import { CHANGES_STREAM, useMonitored } from '../../../../test/support/monitored.js';
import { HTTP, NOON } from '../../../../test/support/probed-service.js';
import { toServiceStatusChanged } from '../../domain/index.js';

describe('service monitor with another replica', () => {
  const given = useMonitored();

  it('records each change once when two replicas probe the same service', async () => {
    const other = await given.start('prober2');
    const both = async (times: number): Promise<void> => {
      for (let index = 0; index < times; index++) {
        await Promise.all([given.monitor.probeOnce(), other.probeOnce()]);
        await Promise.all([given.monitor.flushed(), other.flushed()]);
        given.clock.advance(HTTP.intervalMs);
      }
    };
    await both(3);
    given.probe.fail();
    await both(4);
    given.probe.recover();
    await both(4);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30', 'up@70']);
  });

  it('drops a change that the other replica has recorded first, and continues from there', async () => {
    await given.run(3);
    given.probe.fail();
    await given.run(2);
    const faster = toServiceStatusChanged({
      serviceName: 'http',
      status: 'down',
      at: NOON + 29_000,
      duration: 29_000,
      metadata: {},
      eventId: 'evt_1_faster00',
    });
    given.store.beforeNextAppend(() => given.store.appendToStream(CHANGES_STREAM, faster));
    await given.run(1);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@29']);
    given.probe.recover();
    await given.run(2);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@29', 'up@60']);
    expect(given.changes().at(-1)?.duration).toBe(31_000);
  });

  it('drops its changes on handover, and records the samples from while its lease was valid', async () => {
    await given.run(3);
    given.probe.fail();
    await given.run(2);
    given.isProber = false;
    await given.run(3);
    expect(given.recordedChanges()).toEqual(['up@0']);
    await given.monitor.deactivate(NOON + 45_000);
    expect(given.recordedChanges()).toEqual(['up@0']);
    expect(given.sampleNumbers()).toEqual([0, 1, 2, 3, 4]);
    expect(given.logged).toEqual(['http: discarded 3 samples: another replica probed at that time']);
    const started = given.probe.started;
    await given.run(1);
    expect(given.probe.started).toBe(started);
  });

  it('takes over with the streak from the recorded samples of the other replica', async () => {
    await given.run(3);
    given.probe.fail();
    await given.run(2);
    given.isProber = false;
    await given.monitor.deactivate(given.clock.now());
    given.isProber = true;
    const next = await given.start('prober2');
    await given.run(1, next);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30']);
  });

  it('starts a new streak after a gap without probes', async () => {
    await given.run(3);
    given.probe.fail();
    await given.run(2);
    await given.monitor.stop(1_000);
    given.clock.advance(60_000);
    const next = await given.start('prober2');
    await given.run(3, next);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@110']);
  });

  it('gives up after repeated conflicts, and retries later', async () => {
    await given.run(3);
    given.probe.fail();
    await given.run(2);
    let revision = 0;
    const overtake = (): Promise<unknown> => {
      const appended = given.store.appendToStream(CHANGES_STREAM, {
        type: 'CorrectionMade',
        data: {},
        eventId: `evt_${revision++}_another0`,
      });
      if (revision < 8) given.store.beforeNextAppend(overtake);
      return appended;
    };
    given.store.beforeNextAppend(overtake);
    await given.run(1);
    await given.run(1);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30']);
  });
});
