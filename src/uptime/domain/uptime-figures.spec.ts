import { countsAsUp, figuresOf } from './uptime-figures.js';

const DAY = 86_400_000;

describe('the figures of a window', () => {
  it('count a degraded service as up, unless the policy says otherwise', () => {
    const totals = { up: 50, degraded: 25, down: 25, unknown: 0 };
    expect(figuresOf(totals)).toMatchObject({ totalUptime: 75, totalDowntime: 25, uptimePercentage: 75 });
    expect(figuresOf(totals, { degraded: 'down', unknown: 'excluded' })).toMatchObject({ totalUptime: 50, totalDowntime: 50, uptimePercentage: 50 });
  });

  it('leave unknown time out of the percentage and show in bounds what it could have been', () => {
    expect(figuresOf({ up: 60, degraded: 0, down: 20, unknown: 20 })).toEqual({ totalUptime: 60, totalDowntime: 20, totalUnknown: 20, uptimePercentage: 75, uptimeBounds: { low: 60, high: 80 } });
  });

  it('have no percentage where nothing is known', () => {
    expect(figuresOf({ up: 0, degraded: 0, down: 0, unknown: DAY })).toEqual({ totalUptime: 0, totalDowntime: 0, totalUnknown: DAY, uptimePercentage: null, uptimeBounds: { low: 0, high: 100 } });
  });

  it('never show 100 % where there was downtime, nor 0 % as the most that is possible where there was uptime', () => {
    const fiveYears = 5 * 365 * DAY;
    expect(figuresOf({ up: fiveYears - 1, degraded: 0, down: 1, unknown: 0 }).uptimePercentage).toBe(99.999);
    expect(figuresOf({ up: 1, degraded: 0, down: fiveYears - 1, unknown: 0 }).uptimeBounds).toEqual({ low: 0, high: 0.001 });
  });
});

describe('the policy', () => {
  it('says which statuses count as up', () => {
    expect((['up', 'degraded', 'down', 'unknown'] as const).filter((status) => countsAsUp(status))).toEqual(['up', 'degraded']);
    expect((['up', 'degraded', 'down', 'unknown'] as const).filter((status) => countsAsUp(status, { degraded: 'down', unknown: 'up' }))).toEqual(['up', 'unknown']);
  });
});
