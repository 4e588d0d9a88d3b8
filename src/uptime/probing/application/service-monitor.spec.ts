import fc from 'fast-check';
import { CHANGES_STREAM, Monitored, SAMPLES_STREAM, useMonitored } from '../../../../test/support/monitored.js';
import { HTTP, NOON } from '../../../../test/support/probed-service.js';
import { ReportSampler } from './report-sampler.js';
import { type ReportSource } from './report-source.js';

describe('service monitor', () => {
  const given = useMonitored();

  it('creates the streams before it writes to them, the samples with a maximum age', async () => {
    await given.run(2);
    expect(given.store.created).toMatchObject([
      { name: CHANGES_STREAM, owner: 'system' },
      { name: SAMPLES_STREAM, maxAge: 7_776_000 },
    ]);
    expect(given.store.created[0]).not.toHaveProperty('maxAge');
    expect(given.monitor.isReady).toBe(true);
  });

  it('is not ready before the reports of the service have been read', async () => {
    let read = (): void => undefined;
    const isRead = new Promise<undefined>((resolve) => (read = () => resolve(undefined)));
    const { clock, log } = given;
    const source: ReportSource = {
      readableSince: clock.monotonic(),
      listen: () => () => undefined,
      last: () => isRead,
      after: () => Promise.resolve([]),
    };
    const sampler = new ReportSampler(HTTP, { source, clock, log });
    const monitor = await given.start('prober2', HTTP, sampler);
    expect(monitor.isReady).toBe(false);
    read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(monitor.isReady).toBe(true);
    await monitor.stop(0);
  });

  it('applies a changed maximum age of samples to an existing stream', async () => {
    await given.store.createStream({ name: SAMPLES_STREAM, description: '', owner: 'system', maxAge: 60 });
    await given.run(2);
    expect((await given.store.getStreamMetadata(SAMPLES_STREAM)).metadata.maxAge).toBe(7_776_000);
    expect(given.samples()).toHaveLength(2);
  });

  it('records a confirmed change, dated to the first sample that shows it, and nothing else', async () => {
    await given.run(4);
    expect(given.recordedChanges()).toEqual(['up@0']);
    given.probe.fail();
    await given.run(2);
    expect(given.recordedChanges()).toEqual(['up@0']);
    await given.run(1);
    given.probe.recover();
    await given.run(5);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@40', 'up@70']);
    expect(given.changes()).toMatchObject([
      { metadata: { responseTime: 12, performanceGrade: 'excellent' } },
      { duration: 40_000, metadata: { error: 'connection refused by 127.0.0.1:3000' } },
      { duration: 30_000 },
    ]);
  });

  it('continues from the recorded state after a restart', async () => {
    await given.run(3);
    await given.monitor.stop(1_000);
    given.clock.advance(3_600_000);
    const restarted = await given.start('prober2');
    await given.run(5, restarted);
    expect(given.recordedChanges()).toEqual(['up@0']);
    given.probe.fail();
    await given.run(3, restarted);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@3680']);
  });

  it('records no change when it is stopped: stopping is not downtime', async () => {
    await given.run(3);
    await given.monitor.stop(1_000);
    expect(given.recordedChanges()).toEqual(['up@0']);
  });

  it('records the samples once per window, with every change, and when it is stopped', async () => {
    await given.run(2);
    expect(given.samples()).toHaveLength(2);
    await given.run(6);
    expect(given.samples()).toHaveLength(2);
    await given.run(1);
    expect(given.samples()).toHaveLength(9);
    await given.run(1);
    await given.monitor.stop(1_000);
    expect(given.sampleNumbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('does not start a probe while another one runs', async () => {
    given.probe.isHanging = true;
    const first = given.monitor.probeOnce();
    const second = given.monitor.probeOnce();
    await Promise.resolve();
    await Promise.resolve();
    expect(given.probe.started).toBe(1);
    await given.monitor.stop(1_000);
    await Promise.all([first, second]);
  });

  it('aborts a probe at its timeout, and counts it as a failure', async () => {
    given.probe.isHanging = true;
    const impatient = await given.start('prober1', { ...HTTP, timeoutMs: 20, failureThreshold: 1 });
    await impatient.probeOnce();
    await impatient.flushed();
    expect(given.probe.aborted).toBe(1);
    expect(given.changes()).toMatchObject([{ status: 'down', metadata: { error: 'no answer within 20 ms' } }]);
  });

  it('discards a probe that was running when it was stopped', async () => {
    given.probe.isHanging = true;
    const probing = given.monitor.probeOnce();
    await Promise.resolve();
    await given.monitor.stop(1_000);
    await probing;
    expect(given.probe.aborted).toBe(1);
    expect(given.samples()).toEqual([]);
  });

  it('counts a probe that throws as a failure, and logs the error', async () => {
    given.probe.probe = () => Promise.reject(new TypeError('undefined is not a function'));
    await given.run(3);
    expect(given.changes()).toMatchObject([
      { status: 'down', metadata: { error: 'the probe itself failed; see the log' } },
    ]);
    expect(given.logged.join()).toContain('undefined is not a function');
  });

  it('keeps the order of samples when the wall clock is set back', async () => {
    await given.run(3);
    given.clock.advance(-100_000);
    given.probe.fail();
    await given.run(3);
    await given.monitor.stop(1_000);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@20']);
    const times = given.samples().map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('records a change once when the response to the append was lost', async () => {
    await given.run(3);
    given.probe.fail();
    await given.run(2);
    given.store.loseNextResponse();
    await given.run(1);
    given.probe.recover();
    await given.run(2);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30', 'up@60']);
    await given.monitor.stop(1_000);
    expect(given.samples()).toHaveLength(8);
  });

  it('records samples once when the response was lost and more samples have followed', async () => {
    await given.run(8);
    given.store.loseNextResponse();
    await given.run(1);
    expect(given.logged).toEqual([expect.stringContaining('recording failed')]);
    await given.run(2);
    await given.monitor.stop(1_000);
    expect(given.sampleNumbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('records each change and each sample once under random store failures', async () => {
    const anySteps = fc.array(
      fc.record({
        answer: fc.constantFrom('up', 'slow', 'down'),
        store: fc.constantFrom('stays', 'stays', 'goes away', 'comes back', 'loses an answer'),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(anySteps, async (steps) => {
        const history = async (isDisturbed: boolean): Promise<unknown> => {
          const disturbed = new Monitored();
          const monitored = await disturbed.start();
          for (const { answer, store: happens } of steps) {
            if (isDisturbed && happens === 'goes away') disturbed.store.goAway();
            if (happens === 'comes back') disturbed.store.comeBack();
            if (isDisturbed && happens === 'loses an answer') disturbed.store.loseNextResponse();
            disturbed.probe.result =
              answer === 'down'
                ? { responseTime: 1, error: 'answered 503' }
                : { responseTime: answer === 'slow' ? 1_500 : 12 };
            await disturbed.run(1, monitored);
          }
          disturbed.store.comeBack();
          disturbed.store.loseNextResponse(0);
          await monitored.stop(1_000);
          await disturbed.spool.remove();
          return { changes: disturbed.changes(), samples: disturbed.samples() };
        };
        const undisturbed = await history(false);
        expect(await history(true)).toEqual(undisturbed);
        expect(undisturbed).toMatchObject({
          samples: steps.map((_, index) => ({ at: NOON + index * HTTP.intervalMs })),
        });
      }),
    );
  });

  it('finds its state behind any number of other events in the stream', async () => {
    await given.run(3);
    for (let index = 0; index < 120; index++)
      await given.store.appendToStream(CHANGES_STREAM, {
        type: 'MaintenanceScheduled',
        data: {},
        eventId: `evt_${index}_schedule`,
      });
    given.probe.fail();
    const restarted = await given.start('prober2');
    await given.run(3, restarted);
    expect(given.recordedChanges()).toEqual(['up@0', 'down@30']);
  });
});
