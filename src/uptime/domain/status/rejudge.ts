import { type Sample } from '../samples/sample.js';
import { type StatusChange } from './status-change.js';
import { decide, evolve, NEVER_PROBED, type Thresholds, type StatusDetector } from './status-detector.js';

/** What a sample makes of a state, and the change that it confirms, where it confirms one. */
export interface DetectionStep {
  readonly state: StatusDetector;
  readonly change: StatusChange | undefined;
}

/** Takes in the next sample: decides on it, and lets the state take in the sample and then the change. */
export function applySample(
  serviceName: string,
  state: StatusDetector,
  sample: Sample,
  thresholds: Thresholds,
): DetectionStep {
  const change = decide(serviceName, state, sample, thresholds);
  const observed = evolve(state, { sample });
  return { state: change ? evolve(observed, { change }) : observed, change };
}

/**
 * The history that samples make by rules, from a service that was never probed on: under the rules they were first judged by the one
 * that is recorded, under others the one that would have been.
 *
 * @param samples in order of time
 */
export function rejudge(serviceName: string, samples: readonly Sample[], thresholds: Thresholds): StatusChange[] {
  let state = NEVER_PROBED;
  const changes: StatusChange[] = [];
  for (const sample of samples) {
    const judgement = applySample(serviceName, state, sample, thresholds);
    state = judgement.state;
    if (judgement.change) changes.push(judgement.change);
  }
  return changes;
}
