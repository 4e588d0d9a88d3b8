import { NO_TOTALS, type StatusTotals } from './status-totals.js';
import { countsAsUp, DEFAULT_POLICY, figuresOf, type UptimePolicy } from './uptime-figures.js';

const DAY = 86_400_000;

const totalsOf = (totals: Partial<StatusTotals>): StatusTotals => ({ ...NO_TOTALS, ...totals });
const policyOf = (policy: Partial<UptimePolicy>): UptimePolicy => ({ ...DEFAULT_POLICY, ...policy });

describe('the figures of a window', () => {
  it('count a degraded service as up, unless the policy says otherwise', () => {
    const totals = totalsOf({ up: 50, degraded: 25, down: 25 });
    expect(figuresOf(totals)).toMatchObject({ totalUptime: 75, totalDowntime: 25, uptimePercentage: 75 });
    expect(figuresOf(totals, policyOf({ degraded: 'down' }))).toMatchObject({
      totalUptime: 50,
      totalDowntime: 50,
      uptimePercentage: 50,
    });
  });

  it('leave unknown time out of the percentage and show in bounds what it could have been', () => {
    expect(figuresOf(totalsOf({ up: 60, down: 20, unknown: 20 }))).toEqual({
      totalUptime: 60,
      totalDowntime: 20,
      totalUnknown: 20,
      totalMaintenance: 0,
      uptimePercentage: 75,
      uptimeBounds: { low: 60, high: 80 },
    });
  });

  it('have no percentage where nothing is known', () => {
    expect(figuresOf(totalsOf({ unknown: DAY }))).toEqual({
      totalUptime: 0,
      totalDowntime: 0,
      totalUnknown: DAY,
      totalMaintenance: 0,
      uptimePercentage: null,
      uptimeBounds: { low: 0, high: 100 },
    });
  });

  it('never show 100 % where there was downtime, nor 0 % as the most that is possible where there was uptime', () => {
    const fiveYears = 5 * 365 * DAY;
    expect(figuresOf(totalsOf({ up: fiveYears - 1, down: 1 })).uptimePercentage).toBe(99.999);
    expect(figuresOf(totalsOf({ up: 1, down: fiveYears - 1 })).uptimeBounds).toEqual({ low: 0, high: 0.001 });
  });

  describe('with maintenance', () => {
    const totals = totalsOf({
      up: 60,
      down: 10,
      unknown: 10,
      maintenance: { up: 5, degraded: 5, down: 8, unknown: 2 },
    });

    it('leave it out of everything, unless the policy says otherwise', () => {
      expect(figuresOf(totals)).toEqual({
        totalUptime: 60,
        totalDowntime: 10,
        totalUnknown: 10,
        totalMaintenance: 20,
        uptimePercentage: 85.714,
        uptimeBounds: { low: 75, high: 87.5 },
      });
    });

    it('count it as it was probed', () => {
      expect(figuresOf(totals, policyOf({ maintenance: 'asProbed' }))).toEqual({
        totalUptime: 70,
        totalDowntime: 18,
        totalUnknown: 12,
        totalMaintenance: 0,
        uptimePercentage: 79.545,
        uptimeBounds: { low: 70, high: 82 },
      });
    });

    it('count all of it as up, or as down, also what is unknown of it', () => {
      expect(figuresOf(totals, policyOf({ maintenance: 'up' }))).toEqual({
        totalUptime: 80,
        totalDowntime: 10,
        totalUnknown: 10,
        totalMaintenance: 0,
        uptimePercentage: 88.888,
        uptimeBounds: { low: 80, high: 90 },
      });
      expect(figuresOf(totals, policyOf({ maintenance: 'down' }))).toEqual({
        totalUptime: 60,
        totalDowntime: 30,
        totalUnknown: 10,
        totalMaintenance: 0,
        uptimePercentage: 66.666,
        uptimeBounds: { low: 60, high: 70 },
      });
    });

    it('have no percentage where there was nothing else', () => {
      expect(figuresOf(totalsOf({ maintenance: { up: 5, degraded: 0, down: 5, unknown: 0 } }))).toEqual({
        totalUptime: 0,
        totalDowntime: 0,
        totalUnknown: 0,
        totalMaintenance: 10,
        uptimePercentage: null,
        uptimeBounds: { low: 0, high: 100 },
      });
    });
  });
});

describe('the policy', () => {
  it('says whether a service in maintenance is up, whatever it was found to be', () => {
    const counted = (maintenance: UptimePolicy['maintenance']): boolean[] => [
      countsAsUp('up', policyOf({ maintenance }), true),
      countsAsUp('down', policyOf({ maintenance }), true),
    ];
    expect((['excluded', 'asProbed', 'up', 'down'] as const).map(counted)).toEqual([
      [true, false],
      [true, false],
      [true, true],
      [false, false],
    ]);
    expect(countsAsUp('down', policyOf({ maintenance: 'up' }), false)).toBe(false);
  });

  it('says which statuses count as up', () => {
    expect((['up', 'degraded', 'down', 'unknown'] as const).filter((status) => countsAsUp(status))).toEqual([
      'up',
      'degraded',
    ]);
    expect(
      (['up', 'degraded', 'down', 'unknown'] as const).filter((status) =>
        countsAsUp(status, policyOf({ degraded: 'down', unknown: 'up' })),
      ),
    ).toEqual(['up', 'unknown']);
  });
});
