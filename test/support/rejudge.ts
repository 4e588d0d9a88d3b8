import {
  applySample,
  INITIAL_DETECTOR_STATE,
  type Sample,
  type StatusChange,
  type Thresholds,
} from '../../src/uptime/domain/index.js';

/**
 * Status changes recomputed from a service's samples, starting without any: the recorded history under the thresholds
 * it was recorded with, a hypothetical one under others.
 *
 * @param samples in order of time
 */
export function rejudge(serviceName: string, samples: readonly Sample[], thresholds: Thresholds): StatusChange[] {
  let state = INITIAL_DETECTOR_STATE;
  return samples.flatMap((sample) => {
    const { change, ...next } = applySample(serviceName, state, sample, thresholds);
    state = next.state;
    return change ?? [];
  });
}
