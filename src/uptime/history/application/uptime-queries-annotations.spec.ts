import { NOON } from '../../../../test/support/probed-service.js';
import { ALWAYS, change, ListedHistory, lastHours, queriesOf } from '../../../../test/support/uptime-queries.js';
import { type Correction, DEFAULT_POLICY, type MaintenanceWindow } from '../../domain/index.js';
import { type UptimeQueries } from './uptime-queries.js';
import { HOUR_MS } from './uptime-window.js';

const MINUTE = 60_000;

describe('maintenance', () => {
  const window = (from: number, to: number): MaintenanceWindow => ({
    id: 'mnt_1',
    from,
    to,
    reason: 'a new disk',
    scheduledBy: 'an-admin',
  });
  const changes = [change('up', 0), change('down', NOON - 30 * MINUTE), change('up', NOON - 15 * MINUTE)];
  const maintained = (...maintenance: MaintenanceWindow[]): UptimeQueries =>
    queriesOf(new ListedHistory(changes, ALWAYS, ['http'], { maintenance }));
  const disk = window(NOON - 40 * MINUTE, NOON - 20 * MINUTE);

  it('is excluded from the figures, or counted by policy', () => {
    expect(maintained(disk).service('http', lastHours(1))).toMatchObject({
      totalUptime: 35 * MINUTE,
      totalDowntime: 5 * MINUTE,
      totalMaintenance: 20 * MINUTE,
      uptimePercentage: 87.5,
    });
    expect(maintained(disk).summary(lastHours(1), { ...DEFAULT_POLICY, maintenance: 'asProbed' })).toMatchObject([
      { totalUptime: 45 * MINUTE, totalDowntime: 15 * MINUTE, totalMaintenance: 0, uptimePercentage: 75 },
    ]);
    expect(maintained(disk).service('http', lastHours(1), { ...DEFAULT_POLICY, maintenance: 'up' })).toMatchObject({
      totalUptime: 55 * MINUTE,
      totalDowntime: 5 * MINUTE,
    });
  });

  it('appears in the timeline together with the probed status', () => {
    expect(
      maintained(disk)
        .timeline('http', lastHours(1))
        .intervals.map(({ status, from, to, maintenance }) => [
          status,
          (from - NOON) / MINUTE,
          (to - NOON) / MINUTE,
          maintenance,
        ]),
    ).toEqual([
      ['up', -60, -40, undefined],
      ['up', -40, -30, true],
      ['down', -30, -20, true],
      ['down', -20, -15, undefined],
      ['up', -15, 0, undefined],
    ]);
  });

  it('appears in the current status while it is active, and leaves the probed status unchanged', () => {
    const current = window(NOON - MINUTE, NOON + HOUR_MS);
    expect(maintained(current).status()).toMatchObject([
      { currentStatus: 'up', maintenance: { window: current, from: NOON - MINUTE, to: NOON + HOUR_MS } },
    ]);
    expect(maintained(disk, window(NOON + 1, NOON + 2)).status()[0]?.maintenance).toBeUndefined();
    expect(
      maintained(current).service('http', lastHours(1), { ...DEFAULT_POLICY, maintenance: 'down' }).isCurrentlyUp,
    ).toBe(false);
    expect(maintained(current).service('http', lastHours(1)).isCurrentlyUp).toBe(true);
  });
});

describe('a correction', () => {
  const down = change('down', NOON - 30 * MINUTE);
  const corrections: Correction[] = [
    {
      id: 'cor_1',
      from: NOON - 30 * MINUTE,
      to: NOON - 15 * MINUTE,
      status: 'up',
      reason: 'a false alarm',
      correctedBy: 'an-admin',
    },
  ];
  const corrected = queriesOf(
    new ListedHistory([change('up', 0), down, change('up', NOON - 10 * MINUTE)], ALWAYS, ['http'], { corrections }),
  );

  it('overrides the probed status', () => {
    expect(corrected.service('http', lastHours(1))).toMatchObject({
      totalUptime: 55 * MINUTE,
      totalDowntime: 5 * MINUTE,
    });
  });

  it('is marked in the timeline, without the change that it corrects', () => {
    expect(corrected.timeline('http', lastHours(1)).intervals).toMatchObject([
      { status: 'up', to: NOON - 30 * MINUTE },
      { status: 'up', from: NOON - 30 * MINUTE, to: NOON - 15 * MINUTE, corrected: true, change: undefined },
      { status: 'down', from: NOON - 15 * MINUTE, to: NOON - 10 * MINUTE },
      { status: 'up', from: NOON - 10 * MINUTE },
    ]);
  });
});
