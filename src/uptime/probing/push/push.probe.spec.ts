import { ManualClock, NOON } from '../../../../test/support/probed-service.js';
import { type ServiceReport } from '../../domain/index.js';
import { PushProbe } from './push.probe.js';
import { type ReportState } from './push-reports.js';

const SERVICE = { name: 'nightly-backup', intervalMs: 10_000, timeoutMs: 5_000 };

describe('the push probe', () => {
  let clock: ManualClock;
  let latest: ReportState;
  let probe: PushProbe;

  beforeEach(() => {
    clock = new ManualClock();
    latest = { last: undefined, since: NOON };
    probe = new PushProbe(SERVICE, { latest: () => Promise.resolve(latest) }, clock);
  });

  const reported = (report: ServiceReport, at = clock.monotonic()): void => {
    latest = { ...latest, last: { report, at, eventId: 'evt_1_00000000' } };
  };

  it('returns the last report of the service', async () => {
    reported({ status: 'up', responseTime: 42 });
    expect(await probe.probe()).toEqual({ responseTime: 42 });
    reported({ status: 'degraded', message: 'the disk is nearly full' });
    expect(await probe.probe()).toEqual({ responseTime: 0, warning: 'the disk is nearly full' });
    reported({ status: 'down', message: 'no space left' });
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no space left' });
    reported({ status: 'down' });
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'the service reported that it is down' });
  });

  it('accepts a report for the interval and the timeout together', async () => {
    reported({ status: 'up' });
    clock.advance(15_000);
    expect(await probe.probe()).toEqual({ responseTime: 0 });
    clock.advance(10_000);
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no report for 25 s; one is due every 10 s' });
  });

  it('is inconclusive for that long without any report', async () => {
    clock.advance(15_000);
    expect(await probe.probe()).toEqual({
      responseTime: 0,
      error: 'no report yet; one is due every 10 s',
      isInconclusive: true,
    });
    clock.advance(1_000);
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no report for 16 s; one is due every 10 s' });
  });

  it('is inconclusive for that long for a new service', async () => {
    latest = { last: undefined, since: NOON - 3_600_000 };
    expect(await probe.probe()).toMatchObject({ isInconclusive: true });
  });

  it('is inconclusive while reports cannot be read, and for the same time after that', async () => {
    reported({ status: 'up' });
    clock.advance(20_000);
    latest = { ...latest, since: undefined };
    expect(await probe.probe()).toEqual({
      responseTime: 0,
      error: 'reports cannot be read at the moment',
      isInconclusive: true,
    });
    latest = { ...latest, since: clock.monotonic() };
    clock.advance(15_000);
    expect(await probe.probe()).toMatchObject({ isInconclusive: true });
    clock.advance(1);
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no report for 35 s; one is due every 10 s' });
  });

  it('uses a recent report while reports cannot be read', async () => {
    reported({ status: 'up' });
    latest = { ...latest, since: undefined };
    expect(await probe.probe()).toEqual({ responseTime: 0 });
  });
});
