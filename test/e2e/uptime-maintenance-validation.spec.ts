import { ApiCaller, errorOf } from '../support/api-caller.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { CORRECTIONS, fromNow, HOUR_MS, MAINTENANCE, NIGHTLY } from '../support/uptime-annotations.js';

describe('maintenance and corrections', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let admin: ApiCaller;
  let anyone: ApiCaller;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
    const url = (): string => service.url;
    admin = await ApiCaller.of(url, 'an-admin', 'admin');
    anyone = new ApiCaller(url);
  });
  afterAll(async () => {
    await service.stop();
    removeDataDir(dataDir);
  });

  it.each<[string, object, string, string]>([
    ['no times', { reason: 'a new disk' }, 'from', 'must be a time from 2000 to 2099'],
    [
      'a day that does not exist',
      { from: '2026-02-30T00:00:00Z', to: '2026-03-30T00:00:00Z', reason: 'a new disk' },
      'from',
      'must be a time from 2000 to 2099',
    ],
    [
      'a time without its offset',
      { from: '2026-02-03T00:00:00', to: '2026-03-30T00:00:00Z', reason: 'a new disk' },
      'from',
      'must be a time from 2000 to 2099',
    ],
    [
      'an end before the start',
      { from: '2026-02-03T00:00:00Z', to: '2026-02-02T00:00:00Z', reason: 'a new disk' },
      'to',
      'must be later than from',
    ],
    [
      'no end',
      { from: '2026-02-03T00:00:00Z', reason: 'a new disk' },
      'to',
      'must be given unless recurrence is given',
    ],
    [
      'no reason',
      { from: '2026-02-03T00:00:00Z', to: '2026-02-04T00:00:00Z', reason: ' ' },
      'reason',
      'must be a non-blank string without control characters',
    ],
    [
      'an invalid rule',
      { from: '2026-02-03T00:00:00Z', recurrence: { ...NIGHTLY, rule: 'FREQ=NIGHTLY' }, reason: 'backups' },
      'recurrence.rule',
      'must set FREQ to YEARLY',
    ],
    [
      'a rule without an occurrence',
      { from: '2026-02-03T00:00:00Z', recurrence: { ...NIGHTLY, rule: '0 0 30 2 *' }, reason: 'backups' },
      'recurrence.rule',
      'must have an occurrence within five years',
    ],
    [
      'a rule with too many occurrences',
      { from: '2026-02-03T00:00:00Z', recurrence: { ...NIGHTLY, rule: '* * * * *' }, reason: 'backups' },
      'recurrence.rule',
      'must not have more than 1000 occurrences within 30 days',
    ],
    [
      'an unknown time zone',
      { from: '2026-02-03T00:00:00Z', recurrence: { ...NIGHTLY, timezone: 'Europe/Atlantis' }, reason: 'backups' },
      'recurrence.timezone',
      'must be the IANA name of a time zone',
    ],
    [
      'a duration of zero',
      { from: '2026-02-03T00:00:00Z', recurrence: { ...NIGHTLY, durationMs: 0 }, reason: 'backups' },
      'recurrence.durationMs',
      'must not be less than 1000',
    ],
    [
      'an unknown member',
      { from: '2026-02-03T00:00:00Z', to: '2026-02-04T00:00:00Z', reason: 'a new disk', silent: true },
      'silent',
      'is not a known member; known are from, to, recurrence, reason',
    ],
  ])('rejects maintenance with %s, and returns the reason', async (_, body, path, problem) => {
    const reply = await admin.post(MAINTENANCE, body);
    expect(reply.status).toBe(400);
    expect(errorOf(reply).details?.mistakes).toEqual(
      expect.arrayContaining([{ path, problem: expect.stringContaining(problem) as string }]),
    );
  });

  it('rejects a correction of the future', async () => {
    const reply = await admin.post(CORRECTIONS, {
      from: fromNow(-1_000),
      to: fromNow(HOUR_MS),
      status: 'up',
      reason: 'a false alarm',
    });
    expect(errorOf(reply)).toMatchObject({
      type: 'validation-error',
      details: {
        mistakes: [
          { path: 'to', problem: 'must not be later than the current time: only past statuses can be corrected' },
        ],
      },
    });
  });

  it('returns 404 for an unknown service', async () => {
    const unknown = { type: 'stream-not-found', streamName: 'service-uptime-printer' };
    expect(errorOf(await anyone.get('/api/uptime/service/printer/maintenance'))).toMatchObject(unknown);
    expect(errorOf(await anyone.get('/api/uptime/service/printer/corrections'))).toMatchObject(unknown);
    expect(
      errorOf(
        await admin.post('/api/uptime/service/printer/maintenance', {
          from: fromNow(0),
          to: fromNow(HOUR_MS),
          reason: 'a new disk',
        }),
      ),
    ).toMatchObject(unknown);
    expect(errorOf(await admin.delete('/api/uptime/service/printer/maintenance/mnt_1'))).toMatchObject(unknown);
    expect(await admin.delete(`${MAINTENANCE}/mnt_never`)).toMatchObject({ status: 404, body: { type: 'not-found' } });
  });

  it('accepts writes only from admins', async () => {
    const user = await ApiCaller.of(() => service.url, 'a-user');
    const window = { from: fromNow(0), to: fromNow(HOUR_MS), reason: 'a new disk' };
    expect((await anyone.post(MAINTENANCE, window)).status).toBe(401);
    expect((await user.post(MAINTENANCE, window)).status).toBe(403);
    expect((await user.delete(`${MAINTENANCE}/mnt_1`)).status).toBe(403);
    expect((await user.post(CORRECTIONS, { ...window, status: 'up' })).status).toBe(403);
  });
});
