import { type Sample } from '../samples/sample.js';
import { type ObservedStatus, type ServiceStatus } from './service-status.js';
import { changeEventId, evidenceOf, type StatusChange } from './status-change.js';

/** How many samples in a row it takes to confirm a change, from 1. */
export interface Thresholds {
  /** For the worse: to `down`, or to `degraded` from `up`. */
  readonly failureThreshold: number;
  /** For the better: to `up`, or to `degraded` from `down`. */
  readonly successThreshold: number;
}

/** Samples in a row, up to the latest, that share a trait. */
interface Streak {
  readonly length: number;
  readonly first: Sample;
}

/**
 * The traits that runs are counted for. "At least as bad as `degraded`" is `notUp`, "at least as good" is `notDown`: so a service
 * that is slow and failing by turns is found degraded, though no two of its samples are alike.
 */
const SAMPLE_CLASSES = ['up', 'notUp', 'down', 'notDown', 'probed'] as const;
type SampleClass = (typeof SAMPLE_CLASSES)[number];

const HAS: Readonly<Record<SampleClass, (status: ObservedStatus) => boolean>> = {
  up: (status) => status === 'up',
  notUp: (status) => status !== 'up',
  down: (status) => status === 'down',
  notDown: (status) => status !== 'down',
  probed: () => true,
};

export interface StatusDetector {
  /** The confirmed status. */
  readonly status: ServiceStatus;
  /** Since when, in milliseconds since 1970; absent while nothing was ever confirmed. */
  readonly since?: number;
  readonly streaks: Readonly<Partial<Record<SampleClass, Streak>>>;
}

/** A service that nobody ever probed. */
export const NEVER_PROBED: StatusDetector = { status: 'unknown', streaks: {} };

interface Transition {
  readonly to: ObservedStatus;
  readonly after: SampleClass;
  readonly samples: (thresholds: Thresholds) => number;
}

const failures = ({ failureThreshold }: Thresholds): number => failureThreshold;
const successes = ({ successThreshold }: Thresholds): number => successThreshold;

/**
 * Which run leads where; the first that is long enough counts.
 *
 * A run that leads to a status holds no sample that is better (on the way down) or worse (on the way up) than that status, and the
 * change is dated to the run's first sample: `up` then slow, down, down, down with a failure threshold of 3 is `degraded` from the
 * slow sample and `down` from the first failed one. A service that disagrees with itself from its very first probes on is
 * `degraded` from the first of them, once as many samples have passed as both thresholds take: it answers, but not steadily.
 */
const TRANSITIONS: Readonly<Record<ServiceStatus, readonly Transition[]>> = {
  up: [
    { to: 'down', after: 'down', samples: failures },
    { to: 'degraded', after: 'notUp', samples: failures },
  ],
  degraded: [
    { to: 'down', after: 'down', samples: failures },
    { to: 'up', after: 'up', samples: successes },
  ],
  down: [
    { to: 'up', after: 'up', samples: successes },
    { to: 'degraded', after: 'notDown', samples: successes },
  ],
  unknown: [
    { to: 'down', after: 'down', samples: failures },
    { to: 'up', after: 'up', samples: successes },
    { to: 'degraded', after: 'notUp', samples: failures },
    { to: 'degraded', after: 'probed', samples: (thresholds) => failures(thresholds) + successes(thresholds) },
  ],
};

/**
 * What a sample confirms: a change, or nothing.
 *
 * @param state before the sample; whoever calls lets {@link evolve} take in the sample first and the change, if any, after it
 */
export function decide(
  serviceName: string,
  state: StatusDetector,
  sample: Sample,
  thresholds: Thresholds,
): StatusChange | undefined {
  const { streaks } = observe(state, sample);
  for (const { to, after, samples } of TRANSITIONS[state.status]) {
    const run = streaks[after];
    if (run && run.length >= samples(thresholds)) return changeTo(serviceName, to, run.first, state);
  }
  return undefined;
}

/** The state after something happened. */
export function evolve(
  state: StatusDetector,
  happened: { readonly sample: Sample } | { readonly change: Pick<StatusChange, 'status' | 'at'> },
): StatusDetector {
  if ('sample' in happened) return observe(state, happened.sample);
  return { status: happened.change.status, since: happened.change.at, streaks: state.streaks };
}

/**
 * Fits changes that are not recorded yet to a history that turned out to be another than they were decided on: those are kept
 * that come later than its last change and do change something.
 *
 * @param changes in order of time
 * @param recorded the last recorded change, where there is one
 */
export function rebase(
  changes: readonly StatusChange[],
  recorded: Pick<StatusChange, 'status' | 'at'> | undefined,
): StatusChange[] {
  const kept: StatusChange[] = [];
  for (const change of changes) {
    const previous = kept.at(-1) ?? recorded;
    if (previous && (change.status === previous.status || change.at < previous.at)) continue;
    const { duration: _, ...rest } = change;
    kept.push(previous ? { ...rest, duration: change.at - previous.at } : rest);
  }
  return kept;
}

function observe(state: StatusDetector, sample: Sample): StatusDetector {
  const streaks: Partial<Record<SampleClass, Streak>> = {};
  for (const trait of SAMPLE_CLASSES) {
    if (!HAS[trait](sample.status)) continue;
    const run = state.streaks[trait];
    streaks[trait] = run ? { length: run.length + 1, first: run.first } : { length: 1, first: sample };
  }
  return { ...state, streaks };
}

function changeTo(serviceName: string, status: ObservedStatus, first: Sample, { since }: StatusDetector): StatusChange {
  // A clock that was set back, or another replica's that is ahead, must not turn history around.
  const at = since === undefined ? first.at : Math.max(first.at, since);
  return {
    serviceName,
    status,
    at,
    ...(since === undefined ? {} : { duration: at - since }),
    metadata: evidenceOf(first),
    eventId: changeEventId(serviceName, status, at),
  };
}
