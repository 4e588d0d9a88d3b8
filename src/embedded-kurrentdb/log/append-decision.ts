import { type ExpectedRevision, NO_REVISION } from './expected-revision.js';
import { isSoftDeleted, type StreamState } from './truncation.js';

/** What is known of the stream's event ids. */
export interface KnownEvents<Id> {
  /** The last revision at which an event with this id was written to the stream. */
  lastRevisionOf(id: Id): number | undefined;
  /** Whether the event at this revision has this id; false if the event is no longer there. */
  isAt(revision: number, id: Id): boolean;
  /** Last revision of `$$stream`: its metadata makes a stream exist before its first event, for `streamExists`. */
  metadataLastRevision(): number;
}

export type AppendDecision =
  /** Write from this revision on. `restoring`: the stream was soft-deleted and is there again. */
  | { readonly kind: 'write'; readonly firstRevision: number; readonly restoring: boolean }
  /** The events are there already; the last of them at this revision. */
  | { readonly kind: 'duplicate'; readonly lastRevision: number }
  | { readonly kind: 'wrongExpectedRevision'; readonly currentRevision: number }
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
  expected: ExpectedRevision,
  ids: readonly Id[],
  known: KnownEvents<Id>,
): AppendDecision {
  if (stream.tombstoned) return { kind: 'deleted' };
  const current = stream.lastRevision;
  const wrong: AppendDecision = { kind: 'wrongExpectedRevision', currentRevision: current };
  const write: AppendDecision = {
    kind: 'write',
    firstRevision: current + 1,
    restoring: isSoftDeleted(stream) && ids.length > 0,
  };

  switch (expected.kind) {
    case 'streamExists':
      if (isSoftDeleted(stream)) return { kind: 'deleted' };
      if (current === NO_REVISION && known.metadataLastRevision() === NO_REVISION) return wrong;
      return retriedSomewhere(ids, known, write, wrong);
    case 'any':
      return retriedSomewhere(ids, known, write, wrong);
    case 'noStream':
      return current === NO_REVISION
        ? write
        : retriedAfter(NO_REVISION, ids, known, isSoftDeleted(stream) ? write : wrong, wrong);
    case 'exact':
      if (expected.revision === BigInt(current)) return write;
      return expected.revision > BigInt(current)
        ? wrong
        : retriedAfter(Number(expected.revision), ids, known, wrong, wrong);
  }
}

function retriedSomewhere<Id>(
  ids: readonly Id[],
  known: KnownEvents<Id>,
  ifNew: AppendDecision,
  ifMixed: AppendDecision,
): AppendDecision {
  let lastRevision: number | undefined;
  for (const id of ids) {
    const revision = known.lastRevisionOf(id);
    if (revision === undefined) return lastRevision === undefined ? ifNew : ifMixed;
    lastRevision = revision;
  }
  return lastRevision === undefined ? ifNew : { kind: 'duplicate', lastRevision };
}

function retriedAfter<Id>(
  expected: number,
  ids: readonly Id[],
  known: KnownEvents<Id>,
  ifNew: AppendDecision,
  ifMixed: AppendDecision,
): AppendDecision {
  if (ids.length === 0) return ifMixed;
  for (const [index, id] of ids.entries()) {
    if (known.isAt(expected + 1 + index, id)) continue;
    return index === 0 ? ifNew : ifMixed;
  }
  return { kind: 'duplicate', lastRevision: expected + ids.length };
}

export type DeleteDecision =
  | { readonly kind: 'delete' }
  | { readonly kind: 'wrongExpectedRevision'; readonly currentRevision: number }
  | { readonly kind: 'deleted' };

/** Whether the stream may be deleted. A soft delete needs a stream, a tombstone under `any` and `noStream` does not. */
export function decideDelete(stream: StreamState, expected: ExpectedRevision, hard: boolean): DeleteDecision {
  if (stream.tombstoned) return { kind: 'deleted' };
  const current = stream.lastRevision;
  const wrong: DeleteDecision = { kind: 'wrongExpectedRevision', currentRevision: current };
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
