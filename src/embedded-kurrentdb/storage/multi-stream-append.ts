import {
  type AppendDecision,
  type ConsistencyCheck,
  type ConsistencyViolation,
  type ExpectedRevision,
  tombstonedTarget,
  violatedChecks,
} from '../log/index.js';
import { type LogStore } from './log-store.js';
import { type LogWrites, type ProposedEvent } from './writes.js';

/** Events for one stream that follow each other in the log. A stream may have several runs, of which the first tells what it expects. */
export interface AppendRun {
  readonly streamName: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
}

export type MultiStreamOutcome =
  | { readonly kind: 'appended'; readonly revisions: ReadonlyMap<string, number>; readonly position: number }
  | {
      readonly kind: 'wrongExpectedRevision';
      readonly streamName: string;
      readonly expected: ExpectedRevision;
      readonly currentRevision: number;
    }
  | { readonly kind: 'deleted'; readonly streamName: string }
  | { readonly kind: 'inconsistent'; readonly violations: readonly ConsistencyViolation[] };

/**
 * Appends to several streams in one transaction: all of it, or nothing. Within a transaction of the store. If every event is there
 * already, that is a retry, and a success; if some are and some are not, it is a conflict.
 */
export function appendToStreams(
  store: LogStore,
  writes: LogWrites,
  runs: readonly AppendRun[],
  checks: readonly ConsistencyCheck[] = [],
): MultiStreamOutcome {
  const violations = violatedChecks(checks, (name) => store.streams.get(name));
  if (violations.length > 0) return { kind: 'inconsistent', violations };
  const decisions = new Map<string, AppendDecision>();
  for (const { streamName, expected, events } of byStream(runs)) {
    const decision = writes.decide(streamName, expected, events);
    if (decision.kind === 'deleted') return { kind: 'deleted', streamName };
    if (decision.kind === 'wrongExpectedRevision')
      return { kind: 'wrongExpectedRevision', streamName, expected, currentRevision: decision.currentRevision };
    decisions.set(streamName, decision);
  }
  const duplicate = runs.find(({ streamName }) => decisions.get(streamName)?.kind === 'duplicate');
  if (duplicate === undefined) return writeRuns(writes, runs, decisions);
  if ([...decisions.values()].every(({ kind }) => kind === 'duplicate')) return existing(store, runs, decisions);
  const { streamName, expected } = duplicate;
  return {
    kind: 'wrongExpectedRevision',
    streamName,
    expected,
    currentRevision: store.streams.get(streamName).lastRevision,
  };
}

/** The same, answering with a violation where a stream that is written to is tombstoned. */
export function appendChecked(
  store: LogStore,
  writes: LogWrites,
  runs: readonly AppendRun[],
  checks: readonly ConsistencyCheck[],
): MultiStreamOutcome {
  const outcome = appendToStreams(store, writes, runs, checks);
  return outcome.kind === 'deleted'
    ? { kind: 'inconsistent', violations: [tombstonedTarget(outcome.streamName)] }
    : outcome;
}

function writeRuns(
  writes: LogWrites,
  runs: readonly AppendRun[],
  decisions: ReadonlyMap<string, AppendDecision>,
): MultiStreamOutcome {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const { streamName, events } of runs) {
    const decision = decisions.get(streamName);
    if (decision?.kind !== 'write') throw new Error('only decided appends are written');
    const before = revisions.get(streamName);
    const outcome = writes.write(
      streamName,
      events,
      before === undefined ? decision : { firstRevision: before + 1, restoring: false },
    );
    if (outcome.kind !== 'appended') throw new Error('a decided append is not refused');
    revisions.set(streamName, outcome.revision);
    position = outcome.position ?? position;
  }
  return { kind: 'appended', revisions, position };
}

/** What the original append answered. */
function existing(
  store: LogStore,
  runs: readonly AppendRun[],
  decisions: ReadonlyMap<string, AppendDecision>,
): MultiStreamOutcome {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const { streamName } of runs) {
    const decision = decisions.get(streamName);
    if (decision?.kind !== 'duplicate') continue;
    revisions.set(streamName, decision.lastRevision);
    position = Math.max(position, store.positionOf(store.streams.get(streamName).id, decision.lastRevision) ?? 0);
  }
  return { kind: 'appended', revisions, position };
}

function byStream(runs: readonly AppendRun[]): AppendRun[] {
  const merged = new Map<string, AppendRun>();
  for (const run of runs) {
    const earlier = merged.get(run.streamName);
    merged.set(
      run.streamName,
      earlier === undefined ? run : { ...earlier, events: [...earlier.events, ...run.events] },
    );
  }
  return [...merged.values()];
}
