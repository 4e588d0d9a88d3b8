import { ManualClock, NOON } from '../../../../test/support/probed-service.js';
import { type ServiceReport } from '../../domain/index.js';
import { PushProbe } from './push.probe.js';
import { type HeardReports } from './push-reports.js';

const SERVICE = { name: 'nightly-backup', intervalMs: 10_000, timeoutMs: 5_000 };

describe('the push probe', () => {
  let clock: ManualClock;
  let heard: HeardReports;
  let probe: PushProbe;

  beforeEach(() => {
    clock = new ManualClock();
    heard = { last: undefined, since: NOON };
    probe = new PushProbe(SERVICE, { heard: () => Promise.resolve(heard) }, clock);
  });

  const reported = (report: ServiceReport, at = clock.monotonic()): void => {
    heard = { ...heard, last: { report, at, eventId: 'evt_1_00000000' } };
  };

  it('answers what the service reported last', async () => {
    reported({ status: 'up', responseTime: 42 });
    expect(await probe.probe()).toEqual({ responseTime: 42 });
    reported({ status: 'degraded', message: 'the disk is nearly full' });
    expect(await probe.probe()).toEqual({ responseTime: 0, warning: 'the disk is nearly full' });
    reported({ status: 'down', message: 'no space left' });
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no space left' });
    reported({ status: 'down' });
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'it reports that it is down' });
  });

  it('takes a report for good as long as its interval and its timeout together, and no longer', async () => {
    reported({ status: 'up' });
    clock.advance(15_000);
    expect(await probe.probe()).toEqual({ responseTime: 0 });
    clock.advance(10_000);
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no report for 25 s; one is due every 10 s' });
  });

  it('gives a service that never reported that long, in which nothing can be told', async () => {
    clock.advance(15_000);
    expect(await probe.probe()).toEqual({
      responseTime: 0,
      error: 'no report yet; one is due every 10 s',
      isInconclusive: true,
    });
    clock.advance(1_000);
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no report for 16 s; one is due every 10 s' });
  });

  it('gives a service that is new that long, however long others have been heard', async () => {
    heard = { last: undefined, since: NOON - 3_600_000 };
    expect(await probe.probe()).toMatchObject({ isInconclusive: true });
  });

  it('does not take silence for lateness while reports cannot be heard, nor shortly after', async () => {
    reported({ status: 'up' });
    clock.advance(20_000);
    heard = { ...heard, since: undefined };
    expect(await probe.probe()).toEqual({
      responseTime: 0,
      error: 'its reports cannot be read at the moment',
      isInconclusive: true,
    });
    heard = { ...heard, since: clock.monotonic() };
    clock.advance(15_000);
    expect(await probe.probe()).toMatchObject({ isInconclusive: true });
    clock.advance(1);
    expect(await probe.probe()).toEqual({ responseTime: 0, error: 'no report for 35 s; one is due every 10 s' });
  });

  it('goes by a report that is young enough also while others cannot be heard', async () => {
    reported({ status: 'up' });
    heard = { ...heard, since: undefined };
    expect(await probe.probe()).toEqual({ responseTime: 0 });
  });
});
