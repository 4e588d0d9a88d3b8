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

/** Events for one stream that follow each other in the log. A stream may have several runs, of which the first tells what it expects. */
export interface AppendSegment {
  readonly streamName: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly ProposedEvent[];
}

export type MultiStreamOutcome =
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
 * Appends to several streams in one transaction: all of it, or nothing. Within a transaction of the store. If every event is there
 * already, that is a retry, and a success; if some are and some are not, it is a conflict.
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
  const duplicate = segments.find(({ streamName }) => decisions.get(streamName)?.kind === 'duplicate');
  if (duplicate === undefined) return writeSegments(writer, segments, decisions);
  if ([...decisions.values()].every(({ kind }) => kind === 'duplicate'))
    return idempotentOutcome(store, segments, decisions);
  const { streamName, expected } = duplicate;
  return {
    kind: 'wrongExpectedVersion',
    streamName,
    expected,
    currentRevision: store.streams.get(streamName).lastRevision,
  };
}

/** The same, answering with a violation where a stream that is written to is tombstoned. */
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
    if (decision?.kind !== 'write') throw new Error('only decided appends are written');
    const before = revisions.get(streamName);
    const outcome = writer.write(
      streamName,
      events,
      before === undefined ? decision : { firstRevision: before + 1, softUndelete: false },
    );
    if (outcome.kind !== 'appended') throw new Error('a decided append is not refused');
    revisions.set(streamName, outcome.revision);
    position = outcome.position ?? position;
  }
  return { kind: 'appended', revisions, position };
}

/** What the original append answered. */
function idempotentOutcome(
  store: LogStore,
  segments: readonly AppendSegment[],
  decisions: ReadonlyMap<string, AppendDecision>,
): MultiStreamOutcome {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const { streamName } of segments) {
    const decision = decisions.get(streamName);
    if (decision?.kind !== 'duplicate') continue;
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
