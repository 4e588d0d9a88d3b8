import fc from 'fast-check';
import { DecidedProbe, HTTP, ManualClock, NOON, uptimeEvents } from '../../../test/uptime/probed-service.js';
import { MemoryEventStore } from '../../../test/uptime/memory-event-store.js';
import { isEvent, type RecordedEvent } from '../../event-store/domain/index.js';
import { ProbesRecorded, type Sample, samplesOf, ServiceStatusChanged, toServiceStatusChanged } from '../domain/index.js';
import { type Log } from './log.js';
import { ServiceMonitor } from './service-monitor.js';

const STREAM = 'service-uptime-http';
const SAMPLES = 'system-probe-samples-http';

describe('the monitor of a service', () => {
  let store: MemoryEventStore;
  let clock: ManualClock;
  let probe: DecidedProbe;
  let monitor: ServiceMonitor;
  let logged: string[];
  let log: Log;

  beforeEach(() => {
    store = new MemoryEventStore(uptimeEvents());
    clock = new ManualClock();
    probe = new DecidedProbe();
    logged = [];
    const write = (message: string): unknown => logged.push(message);
    log = { info: write, warn: write, error: (message, error) => write(`${message}: ${String(error)}`) };
    monitor = start();
  });

  const start = (proberId = 'prober1', probed = probe): ServiceMonitor => new ServiceMonitor(HTTP, probed, { store, clock, log, sampleWindowMs: 60_000, proberId });
  /** Probes so often, ten seconds apart. */
  const run = async (times: number, probing = monitor): Promise<void> => {
    for (let index = 0; index < times; index++) {
      await probing.probeOnce();
      await probing.recorded();
      clock.advance(HTTP.intervalMs);
    }
  };
  const changes = (): ServiceStatusChanged[] => store.eventsOf(STREAM).flatMap((event) => (isEvent(event, ServiceStatusChanged) ? [event.data] : []));
  /** `status@seconds after the start`. */
  const told = (): string[] => changes().map(({ status, timestamp }) => `${status}@${(Date.parse(timestamp) - NOON) / 1_000}`);
  const recordedSamples = (): Sample[] => store.eventsOf(SAMPLES).flatMap((event: RecordedEvent) => (isEvent(event, ProbesRecorded) ? samplesOf(event.data) : []));

  it('creates the streams, the samples with a limited age, before it writes to them', async () => {
    await monitor.start();
    expect(store.created).toMatchObject([{ name: STREAM, owner: 'system' }, { name: SAMPLES, maxAge: 7_776_000 }]);
    expect(store.created[0]).not.toHaveProperty('maxAge');
    expect(monitor.isReady).toBe(true);
  });

  it('records a change when it is confirmed, dated to the first sample that shows it, and nothing while nothing changes', async () => {
    await run(4);
    expect(told()).toEqual(['up@0']);
    probe.goesDown();
    await run(2);
    expect(told()).toEqual(['up@0']);
    await run(1);
    probe.comesUp();
    await run(5);
    expect(told()).toEqual(['up@0', 'down@40', 'up@70']);
    expect(changes()).toMatchObject([{ metadata: { responseTime: 12, performanceGrade: 'excellent' } }, { duration: 40_000, metadata: { error: 'connection refused by 127.0.0.1:3000' } }, { duration: 30_000 }]);
  });

  it('goes on after a restart where the stream stands', async () => {
    await run(3);
    await monitor.stop(1_000);
    clock.advance(3_600_000);
    const restarted = start('prober2');
    await run(5, restarted);
    expect(told()).toEqual(['up@0']);
    probe.goesDown();
    await run(3, restarted);
    expect(told()).toEqual(['up@0', 'down@3680']);
  });

  it('records nothing when it is stopped: stopping is not downtime', async () => {
    await run(3);
    await monitor.stop(1_000);
    expect(told()).toEqual(['up@0']);
  });

  it('records the samples once in a window, with every change, and when it is stopped', async () => {
    await run(2);
    expect(recordedSamples()).toHaveLength(2);
    await run(6);
    expect(recordedSamples()).toHaveLength(2);
    await run(1);
    expect(recordedSamples()).toHaveLength(9);
    await run(1);
    await monitor.stop(1_000);
    expect(recordedSamples().map(({ at }) => (at - NOON) / 10_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('does not begin a probe while another one runs', async () => {
    probe.isHanging = true;
    const first = monitor.probeOnce();
    const second = monitor.probeOnce();
    await Promise.resolve();
    await Promise.resolve();
    expect(probe.begun).toBe(1);
    await monitor.stop(1_000);
    await Promise.all([first, second]);
  });

  it('ends a probe at its timeout, and takes that for a failure', async () => {
    probe.isHanging = true;
    const impatient = new ServiceMonitor({ ...HTTP, timeoutMs: 20, failureThreshold: 1 }, probe, { store, clock, log, sampleWindowMs: 60_000, proberId: 'prober1' });
    await impatient.probeOnce();
    await impatient.recorded();
    expect(probe.aborted).toBe(1);
    expect(changes()).toMatchObject([{ status: 'down', metadata: { error: 'no answer within 20 ms' } }]);
  });

  it('takes no sample of a probe that was under way when it was stopped', async () => {
    probe.isHanging = true;
    const probing = monitor.probeOnce();
    await Promise.resolve();
    await monitor.stop(1_000);
    await probing;
    expect(probe.aborted).toBe(1);
    expect(recordedSamples()).toEqual([]);
  });

  it('takes a probe that breaks for a failure, and tells the log why', async () => {
    probe.probe = () => Promise.reject(new TypeError('undefined is not a function'));
    await run(3);
    expect(changes()).toMatchObject([{ status: 'down', metadata: { error: 'the probe itself failed; see the log' } }]);
    expect(logged.join()).toContain('undefined is not a function');
  });

  it('keeps the order of samples when the wall clock is set back', async () => {
    await run(3);
    clock.advance(-100_000);
    probe.goesDown();
    await run(3);
    await monitor.stop(1_000);
    expect(told()).toEqual(['up@0', 'down@20']);
    const times = recordedSamples().map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  describe('while the store is away', () => {
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
      expect(told()).toEqual(['up@0', 'down@30', 'up@70']);
      await monitor.stop(1_000);
      expect(recordedSamples().map(({ at }) => (at - NOON) / 10_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(logged).toEqual([expect.stringContaining('not recorded, tried again with every probe'), 'http: recording again']);
    });

    it('from the very start on, judges the samples by what the stream says when it can be read', async () => {
      await run(3);
      await monitor.stop(1_000);
      store.goAway();
      const restarted = start('prober2');
      await restarted.start();
      expect(restarted.isReady).toBe(false);
      probe.goesDown();
      await run(3, restarted);
      probe.comesUp();
      await run(3, restarted);
      store.comeBack();
      await run(1, restarted);
      expect(told()).toEqual(['up@0', 'down@30', 'up@60']);
    });

    it('stops in time, and says what could not be recorded', async () => {
      await run(3);
      store.goAway();
      probe.goesDown();
      await run(3);
      await monitor.stop(1_000);
      expect(logged.at(-1)).toBe('http: stopped with 1 changes and 4 samples that could not be recorded');
    });
  });

  it('records once what was written though the answer was lost', async () => {
    await run(3);
    probe.goesDown();
    await run(2);
    store.loseNextAnswer();
    await run(1);
    probe.comesUp();
    await run(2);
    expect(told()).toEqual(['up@0', 'down@30', 'up@60']);
    await monitor.stop(1_000);
    expect(recordedSamples()).toHaveLength(8);
  });

  it('records samples once though the answer was lost and more of them have come since', async () => {
    await run(8);
    store.loseNextAnswer();
    await run(1);
    expect(logged).toEqual([expect.stringContaining('not recorded')]);
    await run(2);
    await monitor.stop(1_000);
    expect(recordedSamples().map(({ at }) => (at - NOON) / 10_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  describe('with another replica', () => {
    it('two that see the same record each change once', async () => {
      const other = start('prober2');
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
      expect(told()).toEqual(['up@0', 'down@30', 'up@70']);
    });

    it('drops a change that the other one was faster with, and goes on from there', async () => {
      await run(3);
      probe.goesDown();
      await run(2);
      const faster = toServiceStatusChanged({ serviceName: 'http', status: 'down', at: NOON + 29_000, duration: 29_000, metadata: {}, eventId: 'evt_1_faster00' });
      store.beforeNextAppend(() => store.appendToStream(STREAM, faster));
      await run(1);
      expect(told()).toEqual(['up@0', 'down@29']);
      probe.comesUp();
      await run(2);
      expect(told()).toEqual(['up@0', 'down@29', 'up@60']);
      expect(changes().at(-1)?.duration).toBe(31_000);
    });

    it('gives up for now, and not for ever, where the other one is always faster', async () => {
      await run(3);
      probe.goesDown();
      await run(2);
      let revision = 0;
      const overtake = (): Promise<unknown> => {
        const appended = store.appendToStream(STREAM, { type: 'CorrectionMade', data: {}, eventId: `evt_${revision++}_another0` });
        if (revision < 8) store.beforeNextAppend(overtake);
        return appended;
      };
      store.beforeNextAppend(overtake);
      await run(1);
      await run(1);
      expect(told()).toEqual(['up@0', 'down@30']);
    });
  });

  it('records the same history whatever the store does in between, each change and each sample once', async () => {
    const steps = fc.array(fc.record({ answer: fc.constantFrom('up', 'slow', 'down'), store: fc.constantFrom('stays', 'stays', 'goes away', 'comes back', 'loses an answer') }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const history = async (isDisturbed: boolean): Promise<unknown> => {
          store = new MemoryEventStore(uptimeEvents());
          clock = new ManualClock();
          const monitored = start('prober1');
          for (const { answer, store: happens } of given) {
            if (isDisturbed && happens === 'goes away') store.goAway();
            if (happens === 'comes back') store.comeBack();
            if (isDisturbed && happens === 'loses an answer') store.loseNextAnswer();
            probe.answer = answer === 'down' ? { responseTime: 1, error: 'answered 503' } : { responseTime: answer === 'slow' ? 1_500 : 12 };
            await run(1, monitored);
          }
          store.comeBack();
          store.loseNextAnswer(0);
          await monitored.stop(1_000);
          return { changes: changes(), samples: recordedSamples() };
        };
        const undisturbed = await history(false);
        expect(await history(true)).toEqual(undisturbed);
        expect(undisturbed).toMatchObject({ samples: given.map((_, index) => ({ at: NOON + index * HTTP.intervalMs })) });
      }),
    );
  });

  it('finds its state behind other events of the stream, however many there are', async () => {
    await run(3);
    for (let index = 0; index < 120; index++) await store.appendToStream(STREAM, { type: 'MaintenanceScheduled', data: {}, eventId: `evt_${index}_schedule` });
    probe.goesDown();
    const restarted = start('prober2');
    await run(3, restarted);
    expect(told()).toEqual(['up@0', 'down@30']);
  });
});
