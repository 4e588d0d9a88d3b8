import { FakeProbe, HTTP } from '../../../../test/support/probed-service.js';
import { type MonitoredService, type ProbeResult, type ProbeAttempt } from '../../domain/index.js';
import { runProbe } from './run-probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const REFUSED: ProbeResult = { responseTime: 1, error: 'connection refused by 127.0.0.1:3000' };

describe('running a probe', () => {
  const eventLoopLag = { total: () => 0 };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let probe: FakeProbe;
  let stop: AbortController;

  beforeEach(() => {
    probe = new FakeProbe();
    stop = new AbortController();
  });

  const take = (service: Partial<MonitoredService> = {}): Promise<ProbeAttempt | undefined> =>
    runProbe(probe, { ...HTTP, retryDelayMs: 10, ...service }, 1_000, stop.signal, { clock, eventLoopLag, log });
  const answers = (...given: ProbeResult[]): void => {
    probe.probe = () => {
      probe.started++;
      return Promise.resolve(given.shift() ?? REFUSED);
    };
  };

  it('retries a failed probe, and dates the first success to the first attempt', async () => {
    answers(REFUSED, REFUSED, { responseTime: 7 });
    expect((await take({ retries: 3 }))?.sample).toMatchObject({ at: 1_000, status: 'up', responseMicros: 7_000 });
    expect(probe.started).toBe(3);
  });

  it('is down when no attempt succeeds', async () => {
    answers(REFUSED, REFUSED, { ...REFUSED, error: 'the last one' });
    expect((await take({ retries: 2 }))?.sample).toMatchObject({ status: 'down', error: 'the last one' });
    expect(probe.started).toBe(3);
  });

  it('does not retry a slow result or one with a warning', async () => {
    answers({ responseTime: 1_500 });
    expect((await take({ retries: 2 }))?.sample).toMatchObject({ status: 'degraded', grade: 'slow' });
    answers({ responseTime: 3, warning: 'the certificate ends in 5 days' });
    expect((await take({ retries: 2 }))?.sample).toMatchObject({
      status: 'degraded',
      grade: 'excellent',
      error: 'the certificate ends in 5 days',
    });
    expect(probe.started).toBe(2);
  });

  it('returns no sample when it is stopped between two attempts', async () => {
    answers(REFUSED);
    setTimeout(() => stop.abort(), 20);
    expect(await take({ retries: 5, retryDelayMs: 60_000 })).toBeUndefined();
  });

  it('reports what a probe was waiting for at its timeout, if the probe reports it', async () => {
    probe.probe = (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () =>
          resolve({ responseTime: 30, error: '127.0.0.1:3000 takes the connection and does not answer' }),
        ),
      );
    expect((await take({ timeoutMs: 30 }))?.sample).toMatchObject({
      status: 'down',
      error: 'no answer within 30 ms: 127.0.0.1:3000 takes the connection and does not answer',
    });
  });
});
