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

/** A probe's time may be stretched by what this process was held up, but to no more than so many times the timeout. */
const MAX_TIMEOUT_FACTOR = 3;

export interface ProbeAttemptDependencies {
  readonly clock: Clock;
  readonly eventLoopLag: EventLoopLag;
  readonly log: Log;
}

/**
 * Probes until a try succeeds or there are no more, and judges what the last one found. A try that takes longer than the timeout is
 * told to end and not waited for.
 *
 * @param at when the first try began, in milliseconds since 1970: what the sample is dated to
 * @param stop ends the probe without a sample: nobody knows what it would have found
 * @returns undefined where it was stopped, or where the probe could not tell
 */
export async function runProbe(
  probe: Probe,
  service: MonitoredService,
  at: number,
  stop: AbortSignal,
  sampling: ProbeAttemptDependencies,
): Promise<ProbeAttempt | undefined> {
  for (let triesLeft = service.retries; ; triesLeft--) {
    const answer = await attemptOnce(probe, service.timeoutMs, stop, sampling);
    if (!answer || answer.isInconclusive) return undefined;
    if (answer.error === undefined || triesLeft === 0)
      return { sample: toSample({ at, ...answer }, service.grades), answer };
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
  const lostBefore = eventLoopLag.total();
  const ending = new AbortController();
  const elapsed = (): number => clock.monotonic() - start;
  const delay = (): number => eventLoopLag.total() - lostBefore;

  return new Promise<TimedProbeResult | undefined>((resolve) => {
    const end = (answer: ProbeResult | undefined): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', stopped);
      ending.abort();
      resolve(answer && { ...answer, delay: delay() });
    };
    const stopped = (): void => end(undefined);
    const timedOut = (): void => {
      // The target has not had its time where this process was held up meanwhile.
      const lost = delay();
      const left = lost === 0 ? 0 : Math.min(lost + timeoutMs, MAX_TIMEOUT_FACTOR * timeoutMs) - elapsed();
      if (left >= 1) timer = setTimeout(timedOut, left);
      else void giveUp();
    };
    const giveUp = async (): Promise<void> => {
      const overdue = { responseTime: elapsed(), error: `no answer within ${timeoutMs} ms` };
      ending.abort();
      // A probe that is ended may know what it was still waiting for; it is not waited for.
      const why = await Promise.race([
        probing.then(
          (answer) => answer.error,
          () => undefined,
        ),
        sleep(0).then(() => undefined),
      ]);
      end(why === undefined ? overdue : { ...overdue, error: `${overdue.error}: ${why}` });
    };
    let timer = setTimeout(timedOut, timeoutMs);
    stop.addEventListener('abort', stopped);
    const broken = (error: unknown): void => {
      if (ending.signal.aborted) return;
      log.error('A probe broke instead of answering; this is a fault of the probe, not of its target', error);
      end({ responseTime: elapsed(), error: 'the probe itself failed; see the log' });
    };
    const answered = (answer: ProbeResult): void => {
      if (!ending.signal.aborted) end(answer);
    };
    const probing = Promise.resolve(ending.signal).then((signal) => probe.probe(signal));
    probing.then(answered, broken);
  });
}
