import { type Position } from '../domain/index.js';

/** An event that was seen in the log. */
export interface LogMark {
  /** Position in `$all`. */
  readonly commit: bigint;
  readonly prepare: bigint;
  /** UUID in the store. */
  readonly id: string;
  readonly streamName: string;
  readonly revision: bigint;
}

/** What a stream has at the revision of a mark: a later first event (`truncated`), or a tombstone (`deleted`). */
export type InStream = 'same' | 'other' | 'truncated' | 'deleted' | 'nothing';

/** What `$all` has at the position of a mark; `invalid`: the store has no event that begins there. */
export type InLog = 'same' | 'other' | 'nothing' | 'invalid';

/** What the store has now; absent: not looked at yet. */
export interface StoreEvidence {
  /** The last event of `$all`; undefined if there is none. */
  readonly end: LogMark | undefined;
  readonly inStream?: InStream;
  readonly inLog?: InLog;
  /** Whether an older mark of another stream is there. */
  readonly hasOlder?: boolean;
}

/** The verdict, or what has to be looked at for it. */
export type Judgement = 'same' | 'replaced' | 'look-at-stream' | 'look-at-log' | 'look-at-older';

/**
 * Whether the store is still the one in which `mark` was seen: the log only grows, so the event is where it was, unless
 * it was truncated or deleted and then scavenged. Without proof of that, a missing event means that the store was
 * replaced: tables that are rebuilt for nothing cost time, stale ones are wrong.
 */
export function judgeStore(mark: LogMark, { end, inStream, inLog, hasOlder }: StoreEvidence): Judgement {
  if (!end) return 'replaced';
  if (end.commit === mark.commit) return end.id === mark.id ? 'same' : 'replaced';
  if (inStream === undefined) return 'look-at-stream';
  if (inStream === 'same' || inStream === 'deleted') return 'same';
  if (inStream === 'other' || end.commit < mark.commit) return 'replaced';
  if (inLog === undefined) return 'look-at-log';
  if (inLog !== 'nothing') return inLog === 'same' ? 'same' : 'replaced';
  if (inStream === 'truncated') return 'same';
  if (hasOlder === undefined) return 'look-at-older';
  return hasOlder ? 'same' : 'replaced';
}

/** The later one of two marks. */
export function laterOf(one: LogMark | undefined, other: LogMark | undefined): LogMark | undefined {
  if (!one || !other) return one ?? other;
  return one.commit < other.commit ? other : one;
}

export function markOf(event: {
  readonly id: string;
  readonly streamId: string;
  readonly revision: bigint;
  readonly position?: Position | undefined;
}): LogMark | undefined {
  const { id, streamId: streamName, revision, position } = event;
  return position && { ...position, id, streamName, revision };
}
