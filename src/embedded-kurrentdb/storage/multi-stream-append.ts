import {
  type AppendDecision,
  type StreamStateCheck,
  type ConsistencyViolation,
  type ExpectedVersion,
  tombstoneViolation,
  violatedChecks,
} from '../log/index.js';
import { type LogStore } from './log-store.js';
import { type ProposedEvent } from './event-frame.js';
import { type LogWriter } from './log-writer.js';

/** Consecutive events of one stream. A stream may have several segments; the first one carries its expected version. */
export interface AppendSegment {
  readonly streamName: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly ProposedEvent[];
}

type MultiStreamOutcome =
  | { readonly kind: 'appended'; readonly revisions: ReadonlyMap<string, number>; readonly position: number }
  | {
      readonly kind: 'wrongExpectedVersion';
      readonly streamName: string;
      readonly expected: ExpectedVersion;
      readonly currentRevision: number;
    }
  | { readonly kind: 'deleted'; readonly streamName: string }
  | { readonly kind: 'inconsistent'; readonly violations: readonly ConsistencyViolation[] };

/**
 * Appends to several streams atomically; runs within a transaction of the store. If all events exist already, the
 * append is idempotent and succeeds; if only some of them do, it is a conflict.
 */
export function appendToStreams(
  store: LogStore,
  writer: LogWriter,
  segments: readonly AppendSegment[],
  checks: readonly StreamStateCheck[] = [],
): MultiStreamOutcome {
  const violations = violatedChecks(checks, (name) => store.streams.get(name));
  if (violations.length > 0) return { kind: 'inconsistent', violations };
  const decisions = new Map<string, AppendDecision>();
  for (const { streamName, expected, events } of mergeByStream(segments)) {
    const decision = writer.decide(streamName, expected, events);
    if (decision.kind === 'deleted') return { kind: 'deleted', streamName };
    if (decision.kind === 'wrongExpectedVersion')
      return { kind: 'wrongExpectedVersion', streamName, expected, currentRevision: decision.currentRevision };
    decisions.set(streamName, decision);
  }
  const idempotent = segments.find(({ streamName }) => decisions.get(streamName)?.kind === 'idempotent');
  if (idempotent === undefined) return writeSegments(writer, segments, decisions);
  if ([...decisions.values()].every(({ kind }) => kind === 'idempotent'))
    return idempotentOutcome(store, segments, decisions);
  const { streamName, expected } = idempotent;
  return {
    kind: 'wrongExpectedVersion',
    streamName,
    expected,
    currentRevision: store.streams.get(streamName).lastRevision,
  };
}

/** Like {@link appendToStreams}; an append to a tombstoned stream is reported as a consistency violation. */
export function appendWithChecks(
  store: LogStore,
  writer: LogWriter,
  segments: readonly AppendSegment[],
  checks: readonly StreamStateCheck[],
): MultiStreamOutcome {
  const outcome = appendToStreams(store, writer, segments, checks);
  return outcome.kind === 'deleted'
    ? { kind: 'inconsistent', violations: [tombstoneViolation(outcome.streamName)] }
    : outcome;
}

function writeSegments(
  writer: LogWriter,
  segments: readonly AppendSegment[],
  decisions: ReadonlyMap<string, AppendDecision>,
): MultiStreamOutcome {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const { streamName, events } of segments) {
    const decision = decisions.get(streamName);
    if (decision?.kind !== 'write') throw new Error('the append has no write decision');
    const before = revisions.get(streamName);
    const outcome = writer.write(
      streamName,
      events,
      before === undefined ? decision : { firstRevision: before + 1, softUndelete: false },
    );
    if (outcome.kind !== 'appended') throw new Error('an append with a write decision was rejected');
    revisions.set(streamName, outcome.revision);
    position = outcome.position ?? position;
  }
  return { kind: 'appended', revisions, position };
}

/** The outcome of the original append. */
function idempotentOutcome(
  store: LogStore,
  segments: readonly AppendSegment[],
  decisions: ReadonlyMap<string, AppendDecision>,
): MultiStreamOutcome {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const { streamName } of segments) {
    const decision = decisions.get(streamName);
    if (decision?.kind !== 'idempotent') continue;
    revisions.set(streamName, decision.lastRevision);
    position = Math.max(position, store.positionOf(store.streams.get(streamName).id, decision.lastRevision) ?? 0);
  }
  return { kind: 'appended', revisions, position };
}

function mergeByStream(segments: readonly AppendSegment[]): AppendSegment[] {
  const merged = new Map<string, AppendSegment>();
  for (const segment of segments) {
    const earlier = merged.get(segment.streamName);
    merged.set(
      segment.streamName,
      earlier === undefined ? segment : { ...earlier, events: [...earlier.events, ...segment.events] },
    );
  }
  return [...merged.values()];
}
