import { NO_TOTALS, type StatusTotals } from './status-totals.js';
import { countsAsUp, DEFAULT_POLICY, computeFigures, type UptimePolicy } from './uptime-figures.js';

const DAY = 86_400_000;

const totalsWith = (totals: Partial<StatusTotals>): StatusTotals => ({ ...NO_TOTALS, ...totals });
const policyOf = (policy: Partial<UptimePolicy>): UptimePolicy => ({ ...DEFAULT_POLICY, ...policy });

describe('computeFigures', () => {
  it('counts degraded as up by default, or as down by policy', () => {
    const totals = totalsWith({ up: 50, degraded: 25, down: 25 });
    expect(computeFigures(totals)).toMatchObject({ totalUptime: 75, totalDowntime: 25, uptimePercentage: 75 });
    expect(computeFigures(totals, policyOf({ degraded: 'down' }))).toMatchObject({
      totalUptime: 50,
      totalDowntime: 50,
      uptimePercentage: 50,
    });
  });

  it('excludes unknown time from the percentage and reflects it in the bounds', () => {
    expect(computeFigures(totalsWith({ up: 60, down: 20, unknown: 20 }))).toEqual({
      totalUptime: 60,
      totalDowntime: 20,
      totalUnknown: 20,
      totalMaintenance: 0,
      uptimePercentage: 75,
      uptimeBounds: { low: 60, high: 80 },
    });
  });

  it('returns no percentage if all time is unknown', () => {
    expect(computeFigures(totalsWith({ unknown: DAY }))).toEqual({
      totalUptime: 0,
      totalDowntime: 0,
      totalUnknown: DAY,
      totalMaintenance: 0,
      uptimePercentage: null,
      uptimeBounds: { low: 0, high: 100 },
    });
  });

  it('never rounds up to 100 % with downtime, nor the upper bound down to 0 % with uptime', () => {
    const fiveYears = 5 * 365 * DAY;
    expect(computeFigures(totalsWith({ up: fiveYears - 1, down: 1 })).uptimePercentage).toBe(99.999);
    expect(computeFigures(totalsWith({ up: 1, down: fiveYears - 1 })).uptimeBounds).toEqual({ low: 0, high: 0.001 });
  });

  describe('with maintenance', () => {
    const totals = totalsWith({
      up: 60,
      down: 10,
      unknown: 10,
      maintenance: { up: 5, degraded: 5, down: 8, unknown: 2 },
    });

    it('excludes it by default', () => {
      expect(computeFigures(totals)).toEqual({
        totalUptime: 60,
        totalDowntime: 10,
        totalUnknown: 10,
        totalMaintenance: 20,
        uptimePercentage: 85.714,
        uptimeBounds: { low: 75, high: 87.5 },
      });
    });

    it('counts it by probed status', () => {
      expect(computeFigures(totals, policyOf({ maintenance: 'asProbed' }))).toEqual({
        totalUptime: 70,
        totalDowntime: 18,
        totalUnknown: 12,
        totalMaintenance: 0,
        uptimePercentage: 79.545,
        uptimeBounds: { low: 70, high: 82 },
      });
    });

    it('counts all of it as up or as down, including its unknown time', () => {
      expect(computeFigures(totals, policyOf({ maintenance: 'up' }))).toEqual({
        totalUptime: 80,
        totalDowntime: 10,
        totalUnknown: 10,
        totalMaintenance: 0,
        uptimePercentage: 88.888,
        uptimeBounds: { low: 80, high: 90 },
      });
      expect(computeFigures(totals, policyOf({ maintenance: 'down' }))).toEqual({
        totalUptime: 60,
        totalDowntime: 30,
        totalUnknown: 10,
        totalMaintenance: 0,
        uptimePercentage: 66.666,
        uptimeBounds: { low: 60, high: 70 },
      });
    });

    it('returns no percentage for a window of maintenance only', () => {
      expect(computeFigures(totalsWith({ maintenance: { up: 5, degraded: 0, down: 5, unknown: 0 } }))).toEqual({
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

describe('countsAsUp', () => {
  it('follows the maintenance policy regardless of the probed status', () => {
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

  it('follows the policy for degraded and unknown', () => {
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
