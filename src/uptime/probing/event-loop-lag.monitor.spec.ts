import { sleep } from '../../../test/support/eventually.js';
import { FakeProbe, HTTP } from '../../../test/support/probed-service.js';
import { runProbe } from './application/index.js';
import { type MonitoredService, type ProbeAttempt } from '../domain/index.js';
import { EventLoopLagMonitor } from './event-loop-lag.monitor.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Blocks the event loop, as a long computation would. */
function blockFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('event-loop lag during a probe', () => {
  const eventLoopLag = new EventLoopLagMonitor(clock);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let probe: FakeProbe;

  beforeEach(() => {
    probe = new FakeProbe();
    eventLoopLag.start();
  });
  afterEach(() => eventLoopLag.stop());

  const take = (service: Partial<MonitoredService> = {}): Promise<ProbeAttempt | undefined> =>
    runProbe(probe, { ...HTTP, ...service }, 1_000, new AbortController().signal, { clock, eventLoopLag, log });

  it('is not counted in the response time', async () => {
    probe.probe = async () => {
      const start = performance.now();
      await sleep(5);
      blockFor(400);
      await sleep(1);
      return { responseTime: performance.now() - start };
    };
    const { sample } = (await take({ grades: { excellentMs: 100, goodMs: 200, acceptableMs: 300 } })) ?? {};
    expect(sample?.responseMicros).toBeGreaterThan(400_000);
    expect(sample?.delayMicros).toBeGreaterThan(300_000);
    expect(sample).toMatchObject({ status: 'up', grade: 'excellent' });
  });

  it('is not reported when there was none', async () => {
    probe.probe = async () => {
      await sleep(30);
      return { responseTime: 30 };
    };
    // Other load on the machine may delay this process, but not every time.
    const taken = await Promise.all([take(), take(), take()]);
    expect(taken.some((each) => each && !('delayMicros' in each.sample))).toBe(true);
  });

  it('extends the timeout by the lag', async () => {
    probe.probe = async () => {
      await sleep(1);
      blockFor(300);
      await sleep(60);
      return { responseTime: 361 };
    };
    expect((await take({ timeoutMs: 200 }))?.sample.status).toBe('up');
  });

  it('does not keep a hanging probe running past its timeout', async () => {
    probe.isHanging = true;
    setTimeout(() => blockFor(200), 5);
    expect((await take({ timeoutMs: 100 }))?.sample).toMatchObject({
      status: 'down',
      error: 'no answer within 100 ms',
    });
    expect(probe.aborted).toBe(1);
  });
});
