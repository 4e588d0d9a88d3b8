import { sleep } from '../../../common/wait.js';
import { type Clock } from '../../../event-store/domain/index.js';
import {
  type MonitoredService,
  type ProbeAttempt,
  type ProbeResult,
  type TimedProbeResult,
  toSample,
} from '../../domain/index.js';
import { type EventLoopLag } from './event-loop-lag.js';
import { type Log } from './log.js';
import { type Probe } from './probe.js';

/** Limit for the extension of a timeout by event-loop lag, as a multiple of the timeout. */
const MAX_TIMEOUT_FACTOR = 3;

export interface ProbeAttemptDependencies {
  readonly clock: Clock;
  readonly eventLoopLag: EventLoopLag;
  readonly log: Log;
}

/**
 * Probes until an attempt succeeds or no retries are left, and makes a sample of the last result. An attempt that
 * exceeds the timeout is aborted and not awaited.
 *
 * @param at start of the first attempt in milliseconds since 1970; the time of the sample
 * @param stop cancels the probe without a sample
 * @returns undefined if the probe was cancelled or inconclusive
 */
export async function runProbe(
  probe: Probe,
  service: MonitoredService,
  at: number,
  stop: AbortSignal,
  dependencies: ProbeAttemptDependencies,
): Promise<ProbeAttempt | undefined> {
  for (let retriesLeft = service.retries; ; retriesLeft--) {
    const result = await attemptOnce(probe, service.timeoutMs, stop, dependencies);
    if (!result || result.isInconclusive) return undefined;
    if (result.error === undefined || retriesLeft === 0)
      return { sample: toSample({ at, ...result }, service.grades), result };
    await sleep(service.retryDelayMs, stop);
    if (stop.aborted) return undefined;
  }
}

async function attemptOnce(
  probe: Probe,
  timeoutMs: number,
  stop: AbortSignal,
  { clock, eventLoopLag, log }: ProbeAttemptDependencies,
): Promise<TimedProbeResult | undefined> {
  if (stop.aborted) return undefined;
  const start = clock.monotonic();
  const lagBefore = eventLoopLag.total();
  const attempt = new AbortController();
  const elapsed = (): number => clock.monotonic() - start;
  const delay = (): number => eventLoopLag.total() - lagBefore;

  return new Promise<TimedProbeResult | undefined>((resolve) => {
    const end = (result: ProbeResult | undefined): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', stopped);
      attempt.abort();
      resolve(result && { ...result, delay: delay() });
    };
    const stopped = (): void => end(undefined);
    const timedOut = (): void => {
      // Event-loop lag does not count as time of the target.
      const lag = delay();
      const remaining = lag === 0 ? 0 : Math.min(lag + timeoutMs, MAX_TIMEOUT_FACTOR * timeoutMs) - elapsed();
      if (remaining >= 1) timer = setTimeout(timedOut, remaining);
      else void abort();
    };
    const abort = async (): Promise<void> => {
      const timeout = { responseTime: elapsed(), error: `no answer within ${timeoutMs} ms` };
      attempt.abort();
      // An aborted probe may report the pending phase at once; later results are ignored.
      const phase = await Promise.race([
        probing.then(
          (result) => result.error,
          () => undefined,
        ),
        sleep(0).then(() => undefined),
      ]);
      end(phase === undefined ? timeout : { ...timeout, error: `${timeout.error}: ${phase}` });
    };
    let timer = setTimeout(timedOut, timeoutMs);
    stop.addEventListener('abort', stopped);
    const failed = (error: unknown): void => {
      if (attempt.signal.aborted) return;
      log.error('A probe threw an exception: a bug in the probe, not a failure of its target', error);
      end({ responseTime: elapsed(), error: 'the probe itself failed; see the log' });
    };
    const completed = (result: ProbeResult): void => {
      if (!attempt.signal.aborted) end(result);
    };
    const probing = Promise.resolve(attempt.signal).then((signal) => probe.probe(signal));
    probing.then(completed, failed);
  });
}
