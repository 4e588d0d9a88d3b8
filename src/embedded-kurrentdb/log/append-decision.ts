import { type ExpectedVersion, NO_REVISION } from './expected-version.js';
import { isSoftDeleted, type StreamState } from './stream-state.js';

/** What is known of the stream's event ids. */
export interface EventIdLookup<Id> {
  /** The last revision at which an event with this id was written to the stream. */
  lastRevisionOf(id: Id): number | undefined;
  /** Whether the event at this revision has this id; false if the event is no longer there. */
  hasIdAt(revision: number, id: Id): boolean;
  /** Last revision of `$$stream`: its metadata makes a stream exist before its first event, for `streamExists`. */
  metastreamLastRevision(): number;
}

export type AppendDecision =
  /** Write from this revision on. `restoring`: the stream was soft-deleted and is there again. */
  | { readonly kind: 'write'; readonly firstRevision: number; readonly softUndelete: boolean }
  /** The events are there already; the last of them at this revision. */
  | { readonly kind: 'duplicate'; readonly lastRevision: number }
  | { readonly kind: 'wrongExpectedVersion'; readonly currentRevision: number }
  | { readonly kind: 'deleted' };

/**
 * Whether events with these ids may be written to the stream, by the rules of KurrentDB's commit check.
 *
 * Ids make retries safe: the same ids again, under the same expectation, are a success that writes nothing. Under an exact
 * expectation they must follow the expected revision in order; under `any` and `streamExists` the first one decides whether
 * this is a retry, and then all must be known.
 */
export function decideAppend<Id>(
  stream: StreamState,
  expected: ExpectedVersion,
  ids: readonly Id[],
  known: EventIdLookup<Id>,
): AppendDecision {
  if (stream.tombstoned) return { kind: 'deleted' };
  const current = stream.lastRevision;
  const wrong: AppendDecision = { kind: 'wrongExpectedVersion', currentRevision: current };
  const write: AppendDecision = {
    kind: 'write',
    firstRevision: current + 1,
    softUndelete: isSoftDeleted(stream) && ids.length > 0,
  };

  switch (expected.kind) {
    case 'streamExists':
      if (isSoftDeleted(stream)) return { kind: 'deleted' };
      if (current === NO_REVISION && known.metastreamLastRevision() === NO_REVISION) return wrong;
      return checkAnywhere(ids, known, write, wrong);
    case 'any':
      return checkAnywhere(ids, known, write, wrong);
    case 'noStream':
      return current === NO_REVISION
        ? write
        : checkAfter(NO_REVISION, ids, known, isSoftDeleted(stream) ? write : wrong, wrong);
    case 'exact':
      if (expected.revision === BigInt(current)) return write;
      return expected.revision > BigInt(current)
        ? wrong
        : checkAfter(Number(expected.revision), ids, known, wrong, wrong);
  }
}

function checkAnywhere<Id>(
  ids: readonly Id[],
  known: EventIdLookup<Id>,
  ifNew: AppendDecision,
  ifCorrupted: AppendDecision,
): AppendDecision {
  let lastRevision: number | undefined;
  for (const id of ids) {
    const revision = known.lastRevisionOf(id);
    if (revision === undefined) return lastRevision === undefined ? ifNew : ifCorrupted;
    lastRevision = revision;
  }
  return lastRevision === undefined ? ifNew : { kind: 'duplicate', lastRevision };
}

function checkAfter<Id>(
  expected: number,
  ids: readonly Id[],
  known: EventIdLookup<Id>,
  ifNew: AppendDecision,
  ifCorrupted: AppendDecision,
): AppendDecision {
  if (ids.length === 0) return ifCorrupted;
  for (const [index, id] of ids.entries()) {
    if (known.hasIdAt(expected + 1 + index, id)) continue;
    return index === 0 ? ifNew : ifCorrupted;
  }
  return { kind: 'duplicate', lastRevision: expected + ids.length };
}

export type DeleteDecision =
  | { readonly kind: 'delete' }
  | { readonly kind: 'wrongExpectedVersion'; readonly currentRevision: number }
  | { readonly kind: 'deleted' };

/** Whether the stream may be deleted. A soft delete needs a stream, a tombstone under `any` and `noStream` does not. */
export function decideDelete(stream: StreamState, expected: ExpectedVersion, hard: boolean): DeleteDecision {
  if (stream.tombstoned) return { kind: 'deleted' };
  const current = stream.lastRevision;
  const wrong: DeleteDecision = { kind: 'wrongExpectedVersion', currentRevision: current };
  if (current === NO_REVISION)
    return hard && (expected.kind === 'any' || expected.kind === 'noStream') ? { kind: 'delete' } : wrong;
  switch (expected.kind) {
    case 'any':
      return { kind: 'delete' };
    case 'streamExists':
      return isSoftDeleted(stream) ? { kind: 'deleted' } : { kind: 'delete' };
    case 'noStream':
      return isSoftDeleted(stream) ? { kind: 'delete' } : wrong;
    case 'exact':
      return expected.revision === BigInt(current) ? { kind: 'delete' } : wrong;
  }
}
