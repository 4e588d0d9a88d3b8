import { NO_REVISION } from './expected-version.js';
import { type SystemMetadata, SOFT_DELETED_TRUNCATE_BEFORE } from './system-metadata.js';

/** Where a stream stands, as far as reading and writing it depend on it. */
export interface StreamState {
  /** Revision of the last event; {@link NO_REVISION} if there never was one. */
  readonly lastRevision: number;
  /** Hard-deleted: nothing is ever read from or written to it again. */
  readonly tombstoned: boolean;
  readonly metadata: SystemMetadata;
}

export type ReadStatus = 'readable' | 'notFound' | 'tombstoned';

export const isSoftDeleted = (stream: StreamState): boolean =>
  stream.metadata.truncateBefore === SOFT_DELETED_TRUNCATE_BEFORE;

/** Whether a read of the stream answers with events, "not found" or "deleted". A stream whose events are all gone is readable. */
export function readStatus(stream: StreamState): ReadStatus {
  if (stream.tombstoned) return 'tombstoned';
  return stream.lastRevision === NO_REVISION || isSoftDeleted(stream) ? 'notFound' : 'readable';
}

/** The first revision that `$tb` and `$maxCount` leave; beyond the last one if they leave none. */
export function firstVisibleRevision({ lastRevision, metadata }: StreamState): number {
  const byCount = metadata.maxCount === undefined ? 0 : lastRevision - metadata.maxCount + 1;
  return Math.max(0, metadata.truncateBefore ?? 0, byCount);
}

/** Events created before this are gone; undefined if age does not matter. Milliseconds since 1970. */
export function expiredBeforeMs({ metadata }: StreamState, nowMs: number): number | undefined {
  return metadata.maxAgeMs === undefined ? undefined : nowMs - metadata.maxAgeMs;
}
