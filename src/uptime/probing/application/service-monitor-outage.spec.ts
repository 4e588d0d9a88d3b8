import { useMonitored } from '../../../../test/support/monitored.js';
import { NOON } from '../../../../test/support/probed-service.js';

describe('service monitor during a store outage', () => {
  const given = useMonitored();

  it('continues probing, and records the changes later, once, in order, with their times', async () => {
    await given.run(3);
    given.store.goAway();
    given.probe.fail();
    await given.run(4);
    given.probe.recover();
    await given.run(3);
    expect(given.monitor.latestChanges.map(({ status }) => status)).toEqual(['up', 'down', 'up']);
    given.store.comeBack();
    await given.run(2);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30', 'up@70']);
    await given.monitor.stop(1_000);
    expect(given.sampleNumbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(given.logged).toEqual([
      expect.stringContaining('recording failed; retried after each probe'),
      'http: recording has resumed',
    ]);
  });

  it('applies samples from before the first read of the stream to the recorded state', async () => {
    await given.run(3);
    await given.monitor.stop(1_000);
    given.store.goAway();
    const restarted = await given.start('prober2');
    expect(restarted.isReady).toBe(false);
    given.probe.fail();
    await given.run(3, restarted);
    given.probe.recover();
    await given.run(3, restarted);
    given.store.comeBack();
    await given.run(1, restarted);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30', 'up@60']);
  });

  it('records a sample once when the process was killed between append and spool update', async () => {
    await given.run(8);
    given.store.loseNextResponse();
    await given.run(1);
    expect(given.samples()).toHaveLength(9);
    expect(given.spool.open().count('http')).toBe(7);
    await given.spool.restart();
    const restarted = await given.start('prober2');
    await given.run(1, restarted);
    await restarted.stop(1_000);
    expect(given.sampleNumbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('stops in time, and the next process records what is left in the spool', async () => {
    await given.run(3);
    given.store.goAway();
    given.probe.fail();
    await given.run(3);
    await given.monitor.stop(1_000);
    expect(given.logged.at(-1)).toBe(
      'http: stopped with 4 samples in the spool; they are recorded after the next start',
    );
    await given.spool.restart();
    given.store.comeBack();
    const restarted = await given.start('prober2');
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30']);
    // Pending changes count before they are recorded.
    expect(restarted.covered).toEqual([{ from: NOON + 20_000, to: NOON + 50_000 }]);
    await restarted.stop(1_000);
    expect(given.sampleNumbers()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
