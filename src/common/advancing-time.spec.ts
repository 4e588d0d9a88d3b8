import { AdvancingTime } from './advancing-time.js';

describe('time that advances', () => {
  let wall = 1_000_000;
  let monotonic = 0;
  const pass = (milliseconds: number): void => {
    wall += milliseconds;
    monotonic += milliseconds;
  };
  let time: AdvancingTime;
  beforeEach(() => {
    wall = 1_000_000;
    monotonic = 0;
    time = new AdvancingTime({ now: () => wall, monotonic: () => monotonic });
  });

  it('is the wall clock, also after that was set forward', () => {
    expect(time.now()).toBe(1_000_000);
    pass(10);
    expect(time.now()).toBe(1_000_010);
    wall += 40_000;
    expect(time.now()).toBe(1_040_010);
  });

  it('neither goes back nor stands still when the wall clock is set back, and meets it after twice that time', () => {
    expect(time.now()).toBe(1_000_000);
    wall -= 40_000;
    const given = Array.from({ length: 100 }, () => {
      pass(1_000);
      return time.now();
    });
    expect(given.every((at, index) => at > (given[index - 1] ?? 1_000_000))).toBe(true);
    expect(given[0]).toBe(1_000_500);
    expect(given[78]).toBeGreaterThan(wall - 21_000);
    expect(given[80]).toBe(1_000_000 - 40_000 + 81_000);
    expect(given[99]).toBe(wall);
  });

  it('continues behind a time that an earlier process gave with the clock ahead', () => {
    monotonic = 5_000;
    time = new AdvancingTime({ now: () => wall, monotonic: () => monotonic }, 1_500_000);
    expect(time.now()).toBe(1_500_000);
    pass(1_000);
    expect(time.now()).toBe(1_500_500);
  });
});
