import {
  MaintenanceCancelled,
  MaintenanceScheduled,
  fromMaintenanceScheduled,
  toMaintenanceCancelled,
  toMaintenanceScheduled,
  withCancellation,
} from './maintenance-events.js';
import { type MaintenanceWindow } from './maintenance-window.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const SINGLE: MaintenanceWindow = {
  id: 'mnt_single',
  from: NOON,
  to: NOON + 60_000,
  reason: 'a new disk',
  scheduledBy: 'an-admin',
};
const RECURRING: MaintenanceWindow = {
  id: 'mnt_recurring',
  from: NOON,
  recurrence: { rule: 'FREQ=DAILY', timezone: 'Europe/Amsterdam', durationMs: 60_000, until: NOON + 86_400_000 },
  reason: 'backups',
  scheduledBy: 'an-admin',
};
const ENDLESS: MaintenanceWindow = {
  ...RECURRING,
  id: 'mnt_endless',
  recurrence: { rule: '0 2 * * *', timezone: 'UTC', durationMs: 60_000 },
};

describe('MaintenanceScheduled', () => {
  it('is recorded with the given event id and timestamp, and with ISO 8601 times', () => {
    expect(toMaintenanceScheduled(RECURRING, NOON - 1, 'evt_0_abcdefgh')).toEqual({
      type: 'MaintenanceScheduled',
      data: {
        maintenanceId: 'mnt_recurring',
        from: '2026-01-01T12:00:00.000Z',
        recurrence: {
          rule: 'FREQ=DAILY',
          timezone: 'Europe/Amsterdam',
          durationMs: 60_000,
          until: '2026-01-02T12:00:00.000Z',
        },
        reason: 'backups',
        scheduledBy: 'an-admin',
      },
      timestamp: '2026-01-01T11:59:59.999Z',
      eventId: 'evt_0_abcdefgh',
      metadata: { source: 'penguin-pool-streams/uptime' },
    });
  });

  it.each([SINGLE, RECURRING, ENDLESS])('is parsed back to the same window: $id', (window) => {
    const stored: unknown = JSON.parse(JSON.stringify(toMaintenanceScheduled(window, NOON, 'evt_0_abcdefgh').data));
    expect(fromMaintenanceScheduled(MaintenanceScheduled.parse(stored))).toEqual(window);
  });

  it.each<[string, object, RegExp]>([
    ['neither to nor recurrence', { to: undefined }, /must have exactly one of to and recurrence/],
    [
      'both to and recurrence',
      { recurrence: { rule: 'FREQ=DAILY', timezone: 'UTC', durationMs: 1 } },
      /must have exactly one of to and recurrence/,
    ],
    ['an end that is not later than the start', { to: '2026-01-01T12:00:00.000Z' }, /to must be later than from/],
    [
      'an id with characters that are not allowed in a path',
      { maintenanceId: 'a/b' },
      /maintenanceId must be 1 to 100 letters/,
    ],
    ['a time in another format', { from: '2026-01-01' }, /from must be a timestamp in UTC/],
    ['no reason', { reason: undefined }, /reason must be a string/],
    [
      'a recurrence without a rule',
      { to: undefined, recurrence: { timezone: 'UTC', durationMs: 1 } },
      /recurrence\.rule must be a string/,
    ],
    [
      'a duration with fractions',
      { to: undefined, recurrence: { rule: 'FREQ=DAILY', timezone: 'UTC', durationMs: 1.5 } },
      /recurrence\.durationMs must be an integer/,
    ],
  ])('rejects %s', (_, wrong, message) => {
    expect(() =>
      MaintenanceScheduled.parse({ ...toMaintenanceScheduled(SINGLE, NOON, 'evt_0_abcdefgh').data, ...wrong }),
    ).toThrow(message);
  });
});

describe('MaintenanceCancelled', () => {
  const cancelled = MaintenanceCancelled.parse(
    toMaintenanceCancelled('mnt_single', 'an-admin', NOON + 1, 'evt_0_abcdefgh').data,
  );

  it('sets who cancelled the window, and when', () => {
    expect(withCancellation(SINGLE, cancelled)).toEqual({ ...SINGLE, cancelled: { by: 'an-admin', at: NOON + 1 } });
  });

  it('has no effect on a window that is already cancelled', () => {
    const first = withCancellation(SINGLE, cancelled);
    expect(
      withCancellation(first, { maintenanceId: 'mnt_single', cancelledBy: 'another', at: '2026-01-01T13:00:00.000Z' }),
    ).toEqual(first);
  });

  it('rejects a missing time', () => {
    expect(() => MaintenanceCancelled.parse({ maintenanceId: 'mnt_single', cancelledBy: 'an-admin' })).toThrow(
      /at must be a timestamp in UTC/,
    );
  });
});
