import { InsufficientStorageError } from '../../../event-store/domain/index.js';
import { SAMPLES_STREAM, useMonitored } from '../../../../test/support/monitored.js';
import { HTTP, NOON } from '../../../../test/support/probed-service.js';
import { StoredReports } from '../../../../test/support/stored-reports.js';
import { ReportSampler } from './report-sampler.js';
import { type ServiceMonitor } from './service-monitor.js';

describe('service monitor during a store outage', () => {
  const given = useMonitored();

  /** A service that reports itself, of which each report is a change. */
  const reporting = (): { source: StoredReports; start: (proberId: string) => Promise<ServiceMonitor> } => {
    const { clock, log } = given;
    const service = { ...HTTP, failureThreshold: 1, successThreshold: 1 };
    const source = new StoredReports(clock);
    const start = async (proberId: string): Promise<ServiceMonitor> => {
      const monitor = await given.start(proberId, service, new ReportSampler(service, { source, clock, log }));
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      return monitor;
    };
    return { source, start };
  };

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

  it('decides nothing again when the process was killed between a change and its samples', async () => {
    await given.run(5);
    given.probe.fail();
    await given.run(2);
    const samplesAreLost = (): Promise<void> => Promise.resolve(given.store.goAway());
    given.store.beforeNextAppend(() => Promise.resolve(given.store.beforeNextAppend(samplesAreLost)));
    await given.run(1);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@50']);
    expect(given.samples()).toHaveLength(2);
    await given.spool.restart();
    given.store.comeBack();
    const restarted = await given.start('prober2');
    await given.run(1, restarted);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@50']);
    given.probe.recover();
    await given.run(2, restarted);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@50', 'up@90']);
  });

  it('decides nothing again on reports whose samples were not in the spool when the process was killed', async () => {
    const { spool } = given;
    const { source, start } = reporting();
    const killed = await start('prober2');
    for (const revision of [0n, 1n, 2n, 3n]) source.receive(revision % 2n === 0n ? 'up' : 'down', revision);
    await killed.flushed();
    await killed.stop(0);
    const statuses = (): string[] => given.changes().map(({ status }) => status);
    expect(statuses()).toEqual(['up', 'down', 'up', 'down']);
    given.store.log.splice(0, Infinity, ...given.store.log.filter(({ streamName }) => streamName !== SAMPLES_STREAM));
    expect(spool.open().count(HTTP.name)).toBe(0);

    const restarted = await start('prober3');
    const afterStart = statuses();
    source.receive('up', 4n);
    await restarted.stop(1_000);
    expect(afterStart).toEqual(['up', 'down', 'up', 'down']);
    expect(statuses()).toEqual(['up', 'down', 'up', 'down', 'up']);
    expect(given.samples().map(({ status }) => status)).toEqual(['up', 'down', 'up', 'down', 'up']);
  });

  it('is ready without its stream while the store has no room for it, and creates it later', async () => {
    const create = given.store.createStream.bind(given.store);
    given.store.createStream = () => Promise.reject(new InsufficientStorageError('full'));
    const added = await given.start('prober2', { ...HTTP, name: 'added' });
    await given.run(3, added);
    expect(added.isReady).toBe(true);
    expect(given.store.eventsOf('service-uptime-added')).toEqual([]);
    given.store.createStream = create;
    await given.run(1, added);
    expect(given.store.eventsOf('service-uptime-added')).toMatchObject([
      { type: 'StreamCreated' },
      { type: 'ServiceStatusChanged', data: { status: 'up', timestamp: new Date(NOON).toISOString() } },
    ]);
  });

  it('records no sample before its change: a killed process has lost neither', async () => {
    const { spool, store } = given;
    const { source, start } = reporting();
    const killed = await start('prober2');
    // The second report arrives when the change of the first is recorded, and before its samples, as the last ones.
    const [createStream, appendToStream] = [store.createStream.bind(store), store.appendToStream.bind(store)];
    store.createStream = (stream) => {
      if (stream.name === SAMPLES_STREAM) source.receive('down', 1n);
      return createStream(stream);
    };
    store.appendToStream = async (name, ...rest) => {
      const result = await appendToStream(name, ...rest);
      if (rest.flat().some((event) => (event as { type?: string }).type === 'ProbesRecorded')) store.goAway();
      return result;
    };
    source.receive('up', 0n);
    await killed.flushed();
    expect(given.changes().map(({ status }) => status)).toEqual(['up']);
    await killed.stop(0);
    Object.assign(store, { createStream, appendToStream });
    await spool.restart();
    store.comeBack();
    const restarted = await start('prober3');
    await restarted.stop(1_000);
    expect(given.changes().map(({ status }) => status)).toEqual(['up', 'down']);
    expect(given.samples().map(({ status }) => status)).toEqual(['up', 'down']);
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
