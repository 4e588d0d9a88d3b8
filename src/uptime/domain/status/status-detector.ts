import { type Sample } from '../samples/sample.js';
import { type ObservedStatus, type ServiceStatus } from './service-status.js';
import { changeEventId, type StatusChange, toChangeEvidence } from './status-change.js';

/** Consecutive samples that confirm a change, at least 1. */
export interface Thresholds {
  /** For the worse: to `down`, or to `degraded` from `up`. */
  readonly failureThreshold: number;
  /** For the better: to `up`, or to `degraded` from `down`. */
  readonly successThreshold: number;
}

/** Consecutive samples of one class, up to the latest sample. */
interface Streak {
  readonly length: number;
  readonly first: Sample;
}

/**
 * Classes of samples whose streaks are counted. `notUp` is "at least as bad as degraded", `notDown` is "at least as
 * good as degraded": a service that alternates between slow and failing becomes `degraded` although no two consecutive
 * samples are equal.
 */
const SAMPLE_CLASSES = ['up', 'notUp', 'down', 'notDown', 'probed'] as const;
type SampleClass = (typeof SAMPLE_CLASSES)[number];

const BELONGS_TO: Readonly<Record<SampleClass, (status: ObservedStatus) => boolean>> = {
  up: (status) => status === 'up',
  notUp: (status) => status !== 'up',
  down: (status) => status === 'down',
  notDown: (status) => status !== 'down',
  probed: () => true,
};

/** State of {@link decide} and {@link evolve}. */
export interface StatusDetectorState {
  /** The confirmed status. */
  readonly status: ServiceStatus;
  /** Since when, in milliseconds since 1970; absent before the first confirmed change. */
  readonly since?: number;
  readonly streaks: Readonly<Partial<Record<SampleClass, Streak>>>;
}

/** State of a service without samples. */
export const INITIAL_DETECTOR_STATE: StatusDetectorState = { status: 'unknown', streaks: {} };

interface Transition {
  readonly to: ObservedStatus;
  readonly after: SampleClass;
  readonly threshold: (thresholds: Thresholds) => number;
}

const failures = ({ failureThreshold }: Thresholds): number => failureThreshold;
const successes = ({ successThreshold }: Thresholds): number => successThreshold;

/**
 * Transitions by confirmed status; the first one whose streak is long enough is taken.
 *
 * The streak for a status contains no better sample (on the way down) or no worse one (on the way up), and the change
 * is dated to the first sample of the streak: with a failure threshold of 3, `up` followed by slow, down, down, down is
 * `degraded` from the slow sample and `down` from the first failed one. A service whose samples disagree from the first
 * one on is `degraded` from that sample, once both thresholds together have been reached: it responds, but not
 * reliably.
 */
const TRANSITIONS: Readonly<Record<ServiceStatus, readonly Transition[]>> = {
  up: [
    { to: 'down', after: 'down', threshold: failures },
    { to: 'degraded', after: 'notUp', threshold: failures },
  ],
  degraded: [
    { to: 'down', after: 'down', threshold: failures },
    { to: 'up', after: 'up', threshold: successes },
  ],
  down: [
    { to: 'up', after: 'up', threshold: successes },
    { to: 'degraded', after: 'notDown', threshold: successes },
  ],
  unknown: [
    { to: 'down', after: 'down', threshold: failures },
    { to: 'up', after: 'up', threshold: successes },
    { to: 'degraded', after: 'notUp', threshold: failures },
    { to: 'degraded', after: 'probed', threshold: (thresholds) => failures(thresholds) + successes(thresholds) },
  ],
};

/**
 * The change that a sample confirms, if any.
 *
 * @param state before the sample; the caller applies the sample with {@link evolve} first, then the change
 */
export function decide(
  serviceName: string,
  state: StatusDetectorState,
  sample: Sample,
  thresholds: Thresholds,
): StatusChange | undefined {
  const { streaks } = withSample(state, sample);
  for (const { to, after, threshold } of TRANSITIONS[state.status]) {
    const streak = streaks[after];
    if (streak && streak.length >= threshold(thresholds)) return changeTo(serviceName, to, streak.first, state);
  }
  return undefined;
}

/** Applies a sample or a confirmed change to the state. */
export function evolve(
  state: StatusDetectorState,
  input: { readonly sample: Sample } | { readonly change: Pick<StatusChange, 'status' | 'at'> },
): StatusDetectorState {
  if ('sample' in input) return withSample(state, input.sample);
  return { status: input.change.status, since: input.change.at, streaks: state.streaks };
}

/** {@link decide}, then {@link evolve} with the sample and with the change that it confirms. */
export function applySample(
  serviceName: string,
  state: StatusDetectorState,
  sample: Sample,
  thresholds: Thresholds,
): { readonly state: StatusDetectorState; readonly change: StatusChange | undefined } {
  const change = decide(serviceName, state, sample, thresholds);
  const sampled = evolve(state, { sample });
  return { state: change ? evolve(sampled, { change }) : sampled, change };
}

/**
 * Rebases unrecorded changes onto a history other than the one they were decided on: keeps those that are later than
 * its last change and still change the status, and recomputes their durations.
 *
 * @param changes in order of time
 * @param recorded the last recorded change, if any
 */
export function rebaseChanges(
  changes: readonly StatusChange[],
  recorded: Pick<StatusChange, 'status' | 'at'> | undefined,
): StatusChange[] {
  const rebased: StatusChange[] = [];
  for (const change of changes) {
    const previous = rebased.at(-1) ?? recorded;
    if (previous && (change.status === previous.status || change.at < previous.at)) continue;
    const { duration: _, ...rest } = change;
    rebased.push(previous ? { ...rest, duration: change.at - previous.at } : rest);
  }
  return rebased;
}

function withSample(state: StatusDetectorState, sample: Sample): StatusDetectorState {
  const streaks: Partial<Record<SampleClass, Streak>> = {};
  for (const sampleClass of SAMPLE_CLASSES) {
    if (!BELONGS_TO[sampleClass](sample.status)) continue;
    const streak = state.streaks[sampleClass];
    streaks[sampleClass] = streak ? { length: streak.length + 1, first: streak.first } : { length: 1, first: sample };
  }
  return { ...state, streaks };
}

function changeTo(
  serviceName: string,
  status: ObservedStatus,
  first: Sample,
  { since }: StatusDetectorState,
): StatusChange {
  // A clock that was set back, or another replica's clock that is ahead, must not reverse the order of changes.
  const at = since === undefined ? first.at : Math.max(first.at, since);
  return {
    serviceName,
    status,
    at,
    ...(since === undefined ? {} : { duration: at - since }),
    metadata: toChangeEvidence(first),
    eventId: changeEventId(serviceName, status, at),
  };
}
