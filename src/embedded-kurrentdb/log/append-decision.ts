import { type ExpectedVersion, NO_REVISION } from './expected-version.js';
import { isSoftDeleted, type StreamState } from './stream-state.js';

/** Access to the event ids of a stream. */
export interface EventIdLookup<Id> {
  /** The last revision of the stream with this event id. */
  lastRevisionOf(id: Id): number | undefined;
  /** Whether the event at this revision has this id; false if the event no longer exists. */
  hasIdAt(revision: number, id: Id): boolean;
  /** Last revision of `$$stream`: for `streamExists`, metadata alone makes a stream exist. */
  metastreamLastRevision(): number;
}

export type AppendDecision =
  /** Write from this revision on. `softUndelete`: the write undeletes a soft-deleted stream. */
  | { readonly kind: 'write'; readonly firstRevision: number; readonly softUndelete: boolean }
  /** The events exist already; the last one is at this revision. */
  | { readonly kind: 'idempotent'; readonly lastRevision: number }
  | { readonly kind: 'wrongExpectedVersion'; readonly currentRevision: number }
  | { readonly kind: 'deleted' };

/**
 * Decides an append by the rules of KurrentDB's commit check.
 *
 * Ids make retries idempotent: the same ids again with the same expected version succeed without writing. With an exact
 * version they must follow that revision in order; with `any` and `streamExists` the first id decides whether it is a
 * retry, and then all ids must exist.
 */
export function decideAppend<Id>(
  stream: StreamState,
  expected: ExpectedVersion,
  ids: readonly Id[],
  lookup: EventIdLookup<Id>,
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
      if (current === NO_REVISION && lookup.metastreamLastRevision() === NO_REVISION) return wrong;
      return checkIdsInStream(ids, lookup, write, wrong);
    case 'any':
      return checkIdsInStream(ids, lookup, write, wrong);
    case 'noStream':
      return current === NO_REVISION
        ? write
        : checkIdsAfter(NO_REVISION, ids, lookup, isSoftDeleted(stream) ? write : wrong, wrong);
    case 'exact':
      if (expected.revision === BigInt(current)) return write;
      return expected.revision > BigInt(current)
        ? wrong
        : checkIdsAfter(Number(expected.revision), ids, lookup, wrong, wrong);
  }
}

function checkIdsInStream<Id>(
  ids: readonly Id[],
  lookup: EventIdLookup<Id>,
  ifNew: AppendDecision,
  ifCorrupted: AppendDecision,
): AppendDecision {
  let lastRevision: number | undefined;
  for (const id of ids) {
    const revision = lookup.lastRevisionOf(id);
    if (revision === undefined) return lastRevision === undefined ? ifNew : ifCorrupted;
    lastRevision = revision;
  }
  return lastRevision === undefined ? ifNew : { kind: 'idempotent', lastRevision };
}

function checkIdsAfter<Id>(
  expected: number,
  ids: readonly Id[],
  lookup: EventIdLookup<Id>,
  ifNew: AppendDecision,
  ifCorrupted: AppendDecision,
): AppendDecision {
  if (ids.length === 0) return ifCorrupted;
  for (const [index, id] of ids.entries()) {
    if (lookup.hasIdAt(expected + 1 + index, id)) continue;
    return index === 0 ? ifNew : ifCorrupted;
  }
  return { kind: 'idempotent', lastRevision: expected + ids.length };
}

type DeleteDecision =
  | { readonly kind: 'delete' }
  | { readonly kind: 'wrongExpectedVersion'; readonly currentRevision: number }
  | { readonly kind: 'deleted' };

/**
 * Decides a delete. A soft one requires a stream, or at least its metadata; a hard one, which writes a tombstone,
 * requires neither with `any` or `noStream`.
 */
export function decideDelete(
  stream: StreamState,
  expected: ExpectedVersion,
  kind: 'hard' | { readonly hasMetadata: boolean },
): DeleteDecision {
  if (stream.tombstoned) return { kind: 'deleted' };
  const current = stream.lastRevision;
  const wrong: DeleteDecision = { kind: 'wrongExpectedVersion', currentRevision: current };
  if (current === NO_REVISION) {
    const isDeletable = kind === 'hard' || kind.hasMetadata;
    return isDeletable && (expected.kind === 'any' || expected.kind === 'noStream') ? { kind: 'delete' } : wrong;
  }
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
