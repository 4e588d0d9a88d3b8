import { logTime } from './log-time.js';

describe('the time of a log', () => {
  let wall = 1_000_000;
  let monotonic = 0;
  const clocks = { wallMs: () => wall, monotonicMs: () => monotonic };
  const after = (milliseconds: number, now: () => number): number => {
    wall += milliseconds;
    monotonic += milliseconds;
    return now();
  };
  beforeEach(() => {
    wall = 1_000_000;
    monotonic = 0;
  });

  it('advances while the system clock is behind, until that has caught up', () => {
    const now = logTime(0, clocks);
    expect(now()).toBe(1_000_000);
    wall -= 40_000;
    expect(after(1_000, now)).toBe(1_000_500);
    expect(after(39_000, now)).toBe(1_020_000);
    expect(after(60_000, now)).toBe(wall);
  });

  it('continues behind the last event of a log that an earlier process wrote with the clock ahead', () => {
    const now = logTime(1_500_000, clocks);
    expect(now()).toBe(1_500_000);
    expect(after(1_000, now)).toBe(1_500_500);
  });
});
