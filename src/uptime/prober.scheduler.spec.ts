import { HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { MemoryEventStore } from '../../test/uptime/memory-event-store.js';
import { DecidedProbe, HTTP, ManualClock, uptimeEvents } from '../../test/uptime/probed-service.js';
import { ServiceMonitor } from './application/index.js';
import { ProberScheduler } from './prober.scheduler.js';

describe('the scheduler of the probes', () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let probes: DecidedProbe[];
  let registry: SchedulerRegistry;
  let adapterHost: HttpAdapterHost;
  let scheduler: ProberScheduler;

  beforeEach(() => {
    jest.useFakeTimers();
    const store = new MemoryEventStore(uptimeEvents());
    probes = [new DecidedProbe(), new DecidedProbe()];
    const monitors = probes.map((probe, index) => new ServiceMonitor({ ...HTTP, name: `service-${index}`, timeoutMs: 25_000 }, probe, { store, clock: new ManualClock(), log, sampleWindowMs: 60_000, proberId: 'prober1' }));
    registry = new SchedulerRegistry();
    adapterHost = new HttpAdapterHost();
    scheduler = new ProberScheduler({ all: monitors, byName: new Map() }, registry, adapterHost);
    scheduler.onApplicationBootstrap();
  });
  afterEach(async () => {
    await scheduler.onModuleDestroy();
    jest.useRealTimers();
  });

  const begun = (): number[] => probes.map((probe) => probe.begun);

  it('begins when the service listens, not before', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(begun()).toEqual([0, 0]);
    adapterHost.listening = true;
    await jest.advanceTimersByTimeAsync(0);
    expect(begun()).toEqual([1, 0]);
  });

  it('probes each service at its interval, not all at the same moment', async () => {
    adapterHost.listening = true;
    await jest.advanceTimersByTimeAsync(100);
    expect(begun()).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(9_900);
    expect(begun()).toEqual([2, 1]);
    await jest.advanceTimersByTimeAsync(20_100);
    expect(begun()).toEqual([4, 4]);
  });

  it('does not begin a probe of a service whose last one still runs, and goes on with the others', async () => {
    adapterHost.listening = true;
    if (probes[0]) probes[0].isHanging = true;
    await jest.advanceTimersByTimeAsync(24_900);
    expect(begun()).toEqual([1, 3]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(begun()).toEqual([2, 4]);
  });

  it('leaves no timer behind when it stops, and probes nothing any more', async () => {
    adapterHost.listening = true;
    await jest.advanceTimersByTimeAsync(50);
    await scheduler.onModuleDestroy();
    expect([...registry.getIntervals(), ...registry.getTimeouts()]).toEqual([]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(begun()).toEqual([1, 0]);
  });
});
