import { ProbeScheduler, type ScheduledProbe } from './probe-scheduler.js';

describe('the timetable of the probes', () => {
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

  /** Takes so long for each turn, in milliseconds. */
  const entry = (name: string, intervalMs = 10_000, takes = 0, jitterMs = 0): ScheduledProbe => ({
    name,
    intervalMs,
    jitterMs,
    run: async () => {
      (started[name] ??= []).push(Math.round(performance.now() - startedAt));
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, takes));
      atOnce--;
    },
  });
  const many = (count: number, takes: number): ScheduledProbe[] =>
    Array.from({ length: count }, (_, index) => entry(`service-${index}`, 10_000, takes));
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

  it('begins nothing before it is started, and nothing after it is stopped', async () => {
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

  it('gives each its turns at its interval, not all at the same moment', async () => {
    scheduler.set([entry('a'), entry('b'), entry('c', 3_000)]);
    scheduler.start();
    await pass(20_000);
    expect(started).toEqual({
      a: [0, 10_000, 20_000],
      b: [100, 10_100],
      c: [200, 3_200, 6_200, 9_200, 12_200, 15_200, 18_200],
    });
  });

  it('spreads the first turns of many over their interval', async () => {
    scheduler.set(many(1_000, 1));
    scheduler.start();
    await pass(9_999);
    const firsts = Object.values(started).map(([first]) => first ?? -1);
    expect(new Set(firsts).size).toBe(1_000);
    expect(mostAtOnce).toBe(1);
  });

  it('does not drift, however late single turns are', async () => {
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

  it('leaves out the turns of one whose last turn still runs, and counts them, and goes on with the others', async () => {
    scheduler.set([entry('slow', 10_000, 25_000), entry('quick')]);
    scheduler.start();
    await pass(40_000);
    expect(started).toEqual({ slow: [0, 30_000], quick: [100, 10_100, 20_100, 30_100] });
    expect(scheduler.stats).toEqual({ started: 6, skipped: 3 });
  });

  it('runs no more than so many at once; the others have their turn as soon as one ends', async () => {
    make(4);
    scheduler.set(many(20, 2_500));
    scheduler.start();
    await pass(13_000);
    expect(mostAtOnce).toBe(4);
    expect(Object.keys(started)).toHaveLength(20);
  });

  it('does not make up for turns that were missed while the process stood still', async () => {
    scheduler.set([entry('a', 1_000)]);
    scheduler.start();
    await pass(0);
    jest.setSystemTime(Date.now());
    // As when the process is stopped for 4.5 seconds: the timer comes late.
    const late = jest.spyOn(performance, 'now').mockImplementation(() => startedAt + 4_500);
    await pass(1_000);
    late.mockRestore();
    await pass(0);
    expect(started.a).toHaveLength(2);
  });

  it('lets those that stay keep their turns when others come or go, and begins new ones soon', async () => {
    scheduler.set([entry('stays'), entry('goes')]);
    scheduler.start();
    await pass(5_000);
    scheduler.set([entry('comes'), entry('stays')]);
    await pass(10_000);
    expect(started).toEqual({ stays: [0, 10_000], goes: [100], comes: [5_000, 15_000] });
  });

  it('moves one to its new interval', async () => {
    scheduler.set([entry('a')]);
    scheduler.start();
    await pass(2_000);
    scheduler.set([entry('a', 1_000)]);
    await pass(2_000);
    expect(started.a).toEqual([0, 2_000, 3_000, 4_000]);
  });

  it('never has two turns of one at once, also where it is replaced while one runs', async () => {
    scheduler.set([entry('a', 1_000, 5_000)]);
    scheduler.start();
    await pass(500);
    scheduler.set([entry('a', 2_000, 5_000)]);
    await pass(3_000);
    expect(mostAtOnce).toBe(1);
  });
});
