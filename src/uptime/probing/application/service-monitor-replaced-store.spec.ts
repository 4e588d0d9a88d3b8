import { CHANGES_STREAM, SAMPLES_STREAM, useMonitored } from '../../../../test/support/monitored.js';
import { HTTP } from '../../../../test/support/probed-service.js';
import { StoredReports } from '../../../../test/support/stored-reports.js';
import { ReportSampler } from './report-sampler.js';

describe('a monitored service whose store was replaced', () => {
  const given = useMonitored();

  it('continues to be probed, and its spooled samples are recorded in the new store', async () => {
    await given.run(8);
    expect(given.recordedChanges()).toEqual(['up@0']);
    const recorded = given.samples().length;
    given.store.log.length = 0;
    given.monitor.forgetStore();
    given.isProber = false;
    await given.run(2);
    expect([given.changes(), given.samples()]).toEqual([[], []]);
    given.isProber = true;
    await given.monitor.activate();
    await given.run(8);
    expect(given.recordedChanges()).toEqual([`up@${10 * recorded}`]);
    await given.monitor.stop(1_000);
    expect(given.sampleNumbers()).toEqual(Array.from({ length: 18 - recorded }, (_, index) => recorded + index));
  });

  it('does not tell of time whose samples the new store does not have', async () => {
    await given.run(8);
    const recorded = given.samples().length;
    given.store.log.length = 0;
    given.monitor.forgetStore();
    expect(given.monitor.covered[0]?.from).toBe(given.clock.now() - (8 - recorded) * HTTP.intervalMs);
    expect(given.monitor.latestChanges).toEqual([]);
  });

  it('continues with the last change that the new store has', async () => {
    await given.run(4);
    const [backup, samples] = [given.store.eventsOf(CHANGES_STREAM), given.store.eventsOf(SAMPLES_STREAM)];
    given.probe.fail();
    await given.run(6);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@40']);
    given.store.log.splice(0, Infinity, ...backup, ...samples);
    given.monitor.forgetStore();
    await given.monitor.activate();
    await given.run(4);
    expect(given.changes().map(({ status }) => status)).toEqual(['up', 'down']);
  });

  describe('that reports itself', () => {
    const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

    it('is not judged by its reports again, and misses no later one', async () => {
      const source = new StoredReports(given.clock);
      const { clock, log } = given;
      const monitor = await given.start('prober2', HTTP, new ReportSampler(HTTP, { source, clock, log }));
      await settled();
      for (const revision of [40n, 41n, 42n]) source.receive('up', revision);
      await monitor.flushed();
      for (const revision of [43n, 44n]) source.receive('up', revision);
      await monitor.flushed();
      // The first ones confirmed a change, with which they were recorded.
      expect([given.samples().length, given.spool.open().count(HTTP.name)]).toEqual([3, 2]);

      // The backup has two of the reports, and gets others at revisions that the store before had.
      source.all = source.all.slice(0, 2).map((one, index) => ({ ...one, revision: BigInt(index + 7) }));
      given.store.log.length = 0;
      monitor.forgetStore();
      await monitor.activate();
      await settled();
      source.receive('down', 9n);
      await settled();
      await monitor.stop(1_000);
      expect(given.samples().map(({ status }) => status)).toEqual(['up', 'up', 'down']);
    });
  });
});
