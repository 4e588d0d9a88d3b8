import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { FakeProbe, HTTP, uptimeEvents } from '../../../../test/support/probed-service.js';
import { TemporarySpool } from '../../../../test/support/temporary-spool.js';
import { isEvent } from '../../../event-store/domain/index.js';
import {
  leaseAcquired,
  type MonitoredService,
  PROBER_LEASE_STREAM,
  ProbesRecorded,
  type Sample,
  decodeSamples,
  ServiceStatusChanged,
} from '../../domain/index.js';
import { FencedWriter } from './fenced-writer.js';
import { ProberLease } from './prober-lease.js';
import { Prober } from './prober.js';
import { ServiceMonitor } from './service-monitor.js';
import { ProbeScheduler } from './probe-scheduler.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const LEASE_MS = 15_000;
const service = (name: string, changed: Partial<MonitoredService> = {}): MonitoredService => ({
  ...HTTP,
  name,
  ...changed,
});

describe('prober', () => {
  let store: MemoryEventStore;
  let probes: Map<string, FakeProbe>;
  let logged: string[];
  let replicas: { prober: Prober; spool: TemporarySpool }[];

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    store = new MemoryEventStore(uptimeEvents());
    probes = new Map();
    logged = [];
    replicas = [];
  });
  afterEach(async () => {
    store.comeBack();
    jest.useRealTimers();
    await Promise.all(replicas.map(({ prober }) => prober.stop(100)));
    await Promise.all(replicas.map(({ spool }) => spool.remove()));
  });

  const log = {
    info: () => undefined,
    warn: (message: string) => logged.push(message),
    error: (message: string, error: unknown) => logged.push(`${message} ${String(error)}`),
  };
  const probeOf = (name: string): FakeProbe => probes.get(name) ?? new FakeProbe();
  const start = (holder: string, services: readonly MonitoredService[], spool = new TemporarySpool()): Prober => {
    const opened = spool.open(1_000_000, holder);
    const lease = new ProberLease({ store, clock, log, leaseMs: LEASE_MS, holder, predecessor: opened.predecessor });
    const prober = new Prober(
      {
        lease,
        log,
        spool: opened,
        scheduler: new ProbeScheduler({
          clock,
          concurrency: 10,
          random: () => 0,
          callIn: (milliseconds, call) => {
            const timer = setTimeout(call, milliseconds);
            return () => clearTimeout(timer);
          },
        }),
        predecessor: { holder: opened.predecessor, validUntil: opened.predecessorValidUntil },
        eventLoopLag: { total: () => 0, start: () => undefined, stop: () => undefined },
        monitor: (monitored) => {
          const probe = new FakeProbe();
          probes.set(monitored.name, probe);
          return new ServiceMonitor(monitored, probe, {
            store,
            clock,
            log,
            spool: opened,
            proberId: holder,
            sampleWindowMs: 60_000,
            samplesMaxAge: undefined,
            eventLoopLag: { total: () => 0 },
            lease,
            writer: new FencedWriter({ store, lease, log }),
          });
        },
      },
      services,
    );
    replicas.push({ prober, spool });
    prober.start();
    return prober;
  };
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);
  /** Ends the process; the spool stays for the next one. */
  const end = async (prober: Prober, spool: TemporarySpool): Promise<void> => {
    const stopping = prober.stop(100);
    await pass(200);
    await stopping;
    await spool.restart();
  };
  const changesOf = (name: string): string[] =>
    store
      .eventsOf(`service-uptime-${name}`)
      .flatMap((event) => (isEvent(event, ServiceStatusChanged) ? [event.data.status] : []));
  const samplesIn = (name: string): Sample[] =>
    store
      .eventsOf(`system-probe-samples-${name}`)
      .flatMap((event) => (isEvent(event, ProbesRecorded) ? decodeSamples(event.data) : []));

  it('probes when no other replica does, and is settled once the holder is known', async () => {
    const one = start('one', [service('a'), service('b')]);
    expect(one.isLeaseSettled).toBe(false);
    await pass(30_000);
    expect([changesOf('a'), changesOf('b')]).toEqual([['up'], ['up']]);
    const two = start('two', [service('c')]);
    await pass(30_000);
    expect([one.isLeaseSettled, two.isLeaseSettled]).toEqual([true, true]);
    expect(probeOf('c').started).toBe(0);
  });

  it('reports when the other replica was last observed for the services that it probes', async () => {
    start('one', [service('a')]);
    await pass(30_000);
    const began = Date.now();
    const two = start('two', [service('a')]);
    await pass(60_000);
    const [covered] = two.monitors.get('a')?.covered ?? [];
    expect(covered?.from).toBeLessThanOrEqual(began);
    expect(Date.now() - (covered?.to ?? 0)).toBeLessThan(LEASE_MS);
  });

  it('hands over to a replica that took the lease and takes over again, recording each change once', async () => {
    const one = start('one', [service('a')]);
    await pass(30_000);
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('two', LEASE_MS));
    await pass(0);
    const begun = probeOf('a').started;
    probeOf('a').fail();
    await pass(LEASE_MS * 0.5);
    expect(probeOf('a').started).toBe(begun);
    await pass(60_000);
    expect(changesOf('a')).toEqual(['up', 'down']);
    expect(one.isLeaseSettled).toBe(true);
    const times = samplesIn('a').map(({ at }) => at);
    expect(new Set(times).size).toBe(times.length);
  });

  it('starts probing an added service, and stops probing a removed one, whose history is kept', async () => {
    const prober = start('one', [service('stays'), service('goes')]);
    await pass(30_000);
    const stays = prober.monitors.get('stays');
    await prober.setServices([service('comes'), service('stays')]);
    await pass(30_000);
    expect([...prober.monitors.keys()]).toEqual(['comes', 'stays']);
    expect(prober.monitors.get('stays')).toBe(stays);
    expect(changesOf('comes')).toEqual(['up']);
    const { started } = probeOf('goes');
    await pass(30_000);
    expect(probeOf('goes').started).toBe(started);
    expect(samplesIn('goes')).toHaveLength(started);
    expect(changesOf('goes')).toEqual(['up']);
  });

  it('continues a changed service by its new rules, from its recorded state', async () => {
    const prober = start('one', [service('a')]);
    await pass(30_000);
    await prober.setServices([service('a', { failureThreshold: 1 })]);
    await pass(5_000);
    probeOf('a').fail();
    await pass(10_000);
    expect(changesOf('a')).toEqual(['up', 'down']);
  });

  it('records the spooled samples of an earlier process with the same data directory', async () => {
    const spool = new TemporarySpool();
    const one = start('one', [service('a')], spool);
    await pass(30_000);
    store.goAway();
    const away = Date.now();
    await pass(30_000);
    await end(one, spool);
    store.comeBack();
    const back = Date.now();
    start('two', [service('a')], spool);
    await pass(70_000);
    const times = samplesIn('a').map(({ at }) => at);
    expect(new Set(times).size).toBe(times.length);
    expect(times.filter((at) => at > away && at < back)).toHaveLength(3);
    expect(changesOf('a')).toEqual(['up']);
  });

  it('resumes for its predecessor while the store is unavailable and the lease holder is unknown', async () => {
    const spool = new TemporarySpool();
    const one = start('one', [service('a')], spool);
    await pass(25_500);
    store.goAway();
    await end(one, spool);
    const away = Date.now();
    start('two', [service('a')], spool);
    await pass(60_000);
    const back = Date.now();
    store.comeBack();
    await pass(70_000);
    expect(samplesIn('a').filter(({ at }) => at > away && at < back).length).toBeGreaterThanOrEqual(5);
    expect(changesOf('a')).toEqual(['up']);
  });

  it('drops spooled changes when another replica may have probed already', async () => {
    const spool = new TemporarySpool();
    const one = start('one', [service('a')], spool);
    await pass(25_500);
    store.goAway();
    const counted = Date.now() + LEASE_MS;
    await pass(60_000);
    await end(one, spool);
    store.comeBack();
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('other', LEASE_MS));
    const since = Date.now();
    start('two', [service('a')], spool);
    await pass(5_000);
    // Samples from the time when it held the lease are still recorded by it.
    expect(samplesIn('a').filter(({ at }) => at > counted - LEASE_MS && at < counted)).not.toEqual([]);
    await pass(85_000);
    expect(samplesIn('a').filter(({ at }) => at > counted && at < since)).toEqual([]);
    expect(logged.join()).toMatch(
      /a: discarded \d+ samples from before the start: another replica probed at that time/,
    );
  });
});
