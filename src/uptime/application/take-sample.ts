import { type Clock } from '../../event-store/domain/index.js';
import { judge, type ProbingRules, type Sample } from '../domain/index.js';
import { type Log } from './log.js';
import { type Probe, type ProbeAnswer } from './probe.js';

/**
 * Probes once and judges what was found. A probe that takes longer than the timeout is told to end and not waited for.
 *
 * @param at when it began, in milliseconds since 1970
 * @param stop ends the probe without a sample: nobody knows what it would have found
 * @returns undefined where it was stopped
 */
export async function takeSample(probe: Probe, { timeoutMs, grades }: ProbingRules, at: number, stop: AbortSignal, clock: Clock, log: Log): Promise<Sample | undefined> {
  if (stop.aborted) return undefined;
  const start = clock.monotonic();
  const ending = new AbortController();
  const elapsed = (): number => clock.monotonic() - start;

  const answer = await new Promise<ProbeAnswer | undefined>((resolve) => {
    const end = (ended: ProbeAnswer | undefined): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', stopped);
      ending.abort();
      resolve(ended);
    };
    const stopped = (): void => end(undefined);
    const timer = setTimeout(() => end({ responseTime: elapsed(), error: `no answer within ${timeoutMs} ms` }), timeoutMs);
    stop.addEventListener('abort', stopped);
    const broken = (error: unknown): void => {
      if (ending.signal.aborted) return;
      log.error('A probe broke instead of answering; this is a fault of the probe, not of its target', error);
      end({ responseTime: elapsed(), error: 'the probe itself failed; see the log' });
    };
    Promise.resolve(ending.signal).then((signal) => probe.probe(signal)).then(end, broken);
  });
  return answer && judge({ at, ...answer }, grades);
}
