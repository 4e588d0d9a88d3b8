import { sleep } from '../../../../test/support/eventually.js';
import { ProbeScheduler, type ScheduledProbe } from './probe-scheduler.js';

describe('probe scheduler', () => {
  let scheduler: ProbeScheduler;
  let started: Record<string, number[]>;
  let atOnce: number;
  let mostAtOnce: number;
  let random: number;
  let startedAt: number;

  const make = (concurrency = 100): void => {
    scheduler = new ProbeScheduler({
      clock: { monotonic: () => performance.now() },
      concurrency,
      random: () => random,
      callIn: (milliseconds, call) => {
        const timer = setTimeout(call, milliseconds);
        return () => clearTimeout(timer);
      },
    });
  };
  beforeEach(() => {
    jest.useFakeTimers();
    [started, atOnce, mostAtOnce, random] = [{}, 0, 0, 0];
    make();
    startedAt = performance.now();
  });
  afterEach(() => {
    scheduler.stop();
    jest.useRealTimers();
  });

  /** Duration of each run, in milliseconds. */
  const entry = (name: string, intervalMs = 10_000, takes = 0, jitterMs = 0): ScheduledProbe => ({
    name,
    intervalMs,
    jitterMs,
    run: async () => {
      (started[name] ??= []).push(Math.round(performance.now() - startedAt));
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      await sleep(takes);
      atOnce--;
    },
  });
  const many = (count: number, takes: number): ScheduledProbe[] =>
    Array.from({ length: count }, (_, index) => entry(`service-${index}`, 10_000, takes));
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

  it('runs nothing before start and nothing after stop', async () => {
    scheduler.set([entry('a')]);
    await pass(20_000);
    expect(started).toEqual({});
    scheduler.start();
    await pass(10_000);
    scheduler.stop();
    await pass(60_000);
    expect(started.a).toEqual([20_000, 30_000]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('runs each service at its interval, not all at the same instant', async () => {
    scheduler.set([entry('a'), entry('b'), entry('c', 3_000)]);
    scheduler.start();
    await pass(20_000);
    expect(started).toEqual({
      a: [0, 10_000, 20_000],
      b: [100, 10_100],
      c: [200, 3_200, 6_200, 9_200, 12_200, 15_200, 18_200],
    });
  });

  it('spreads the first runs of many services over their interval', async () => {
    scheduler.set(many(1_000, 1));
    scheduler.start();
    await pass(9_999);
    const firsts = Object.values(started).map(([first]) => first ?? -1);
    expect(new Set(firsts).size).toBe(1_000);
    expect(mostAtOnce).toBe(1);
  });

  it('does not drift when single runs are late', async () => {
    scheduler.set([entry('a', 1_000, 0, 300)]);
    scheduler.start();
    for (let turn = 0; turn < 10; turn++) {
      random = turn / 10;
      await pass(1_000);
    }
    expect((started.a ?? []).map((at) => at % 1_000).every((late) => late < 300)).toBe(true);
    expect(started.a).toHaveLength(10);
    expect(Math.max(...(started.a ?? []))).toBeGreaterThan(9_000);
  });

  it('skips and counts the runs of a service that is still running, and continues with the others', async () => {
    scheduler.set([entry('slow', 10_000, 25_000), entry('quick')]);
    scheduler.start();
    await pass(40_000);
    expect(started).toEqual({ slow: [0, 30_000], quick: [100, 10_100, 20_100, 30_100] });
    expect(scheduler.stats).toEqual({ started: 6, skipped: 3 });
  });

  it('limits concurrent runs, and starts the next one as soon as one ends', async () => {
    make(4);
    scheduler.set(many(20, 2_500));
    scheduler.start();
    await pass(13_000);
    expect(mostAtOnce).toBe(4);
    expect(Object.keys(started)).toHaveLength(20);
  });

  it('does not catch up on runs that were missed while the process was suspended', async () => {
    scheduler.set([entry('a', 1_000)]);
    scheduler.start();
    await pass(0);
    jest.setSystemTime(Date.now());
    // The process is suspended for 4.5 seconds: the timer fires late.
    const late = jest.spyOn(performance, 'now').mockImplementation(() => startedAt + 4_500);
    await pass(1_000);
    late.mockRestore();
    await pass(0);
    expect(started.a).toHaveLength(2);
  });

  it('keeps the slots of unchanged services when others are added or removed, and starts new ones soon', async () => {
    scheduler.set([entry('stays'), entry('goes')]);
    scheduler.start();
    await pass(5_000);
    scheduler.set([entry('comes'), entry('stays')]);
    await pass(10_000);
    expect(started).toEqual({ stays: [0, 10_000], goes: [100], comes: [5_000, 15_000] });
  });

  it('applies a changed interval', async () => {
    scheduler.set([entry('a')]);
    scheduler.start();
    await pass(2_000);
    scheduler.set([entry('a', 1_000)]);
    await pass(2_000);
    expect(started.a).toEqual([0, 2_000, 3_000, 4_000]);
  });

  it('never runs a service twice at once, also when it is replaced during a run', async () => {
    scheduler.set([entry('a', 1_000, 5_000)]);
    scheduler.start();
    await pass(500);
    scheduler.set([entry('a', 2_000, 5_000)]);
    await pass(3_000);
    expect(mostAtOnce).toBe(1);
  });
});
