import { type StreamMetadata } from '../../event-store/domain/index.js';
import { evolveMetadata, type UserStream } from './user-stream.js';

/** Change of the access to a stream that is in the store; the tables may not have it yet. */
export interface AccessChange {
  readonly metadata?: { readonly revision: number; readonly metadata: StreamMetadata };
  /** Deletion or restoration. `at`: milliseconds since 1970. */
  readonly deletion?: { readonly revision: number; readonly at: number; readonly isDeleted: boolean };
}

/** The stream with the parts of the change that are later than its own. */
export function withAccessChange(stream: UserStream, { metadata, deletion }: AccessChange): UserStream {
  const changed =
    metadata && metadata.revision > (stream.metadataRevision ?? -1)
      ? evolveMetadata(stream, metadata.metadata, metadata.revision)
      : stream;
  if (!deletion || deletion.revision <= stream.revision) return changed;
  const { deletedAt: _, ...existing } = changed;
  return deletion.isDeleted ? { ...existing, deletedAt: deletion.at } : existing;
}

/** Both changes; of each part the later one. */
export function mergeAccessChanges(before: AccessChange, after: AccessChange): AccessChange {
  const metadata = later(before.metadata, after.metadata);
  const deletion = later(before.deletion, after.deletion);
  return { ...(metadata && { metadata }), ...(deletion && { deletion }) };
}

function later<Part extends { readonly revision: number }>(
  before: Part | undefined,
  after: Part | undefined,
): Part | undefined {
  if (!before || !after) return before ?? after;
  return after.revision > before.revision ? after : before;
}
