import { NO_REVISION } from './expected-version.js';
import { type SystemMetadata, SOFT_DELETED_TRUNCATE_BEFORE } from './system-metadata.js';

/** The state of a stream that reads and writes depend on. */
export interface StreamState {
  /** Revision of the last event; {@link NO_REVISION} if there was never one. */
  readonly lastRevision: number;
  /** Hard-deleted: can never be read or written again. */
  readonly tombstoned: boolean;
  readonly metadata: SystemMetadata;
}

type ReadStatus = 'readable' | 'notFound' | 'tombstoned';

export const isSoftDeleted = (stream: StreamState): boolean =>
  stream.metadata.truncateBefore === SOFT_DELETED_TRUNCATE_BEFORE;

/** Outcome of a read. A stream whose events are all truncated or expired is readable. */
export function readStatus(stream: StreamState): ReadStatus {
  if (stream.tombstoned) return 'tombstoned';
  return stream.lastRevision === NO_REVISION || isSoftDeleted(stream) ? 'notFound' : 'readable';
}

/** The first revision left by `$tb` and `$maxCount`; beyond the last one if none is left. */
export function firstVisibleRevision({ lastRevision, metadata }: StreamState): number {
  const byCount = metadata.maxCount === undefined ? 0 : lastRevision - metadata.maxCount + 1;
  return Math.max(0, metadata.truncateBefore ?? 0, byCount);
}

/** Events created before this are expired; undefined without `$maxAge`. Milliseconds since 1970. */
export function expiredBeforeMs({ metadata }: StreamState, nowMs: number): number | undefined {
  return metadata.maxAgeMs === undefined ? undefined : nowMs - metadata.maxAgeMs;
}
