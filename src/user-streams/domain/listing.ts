import { type StreamRight } from '../../event-store/domain/index.js';
import { type UserStream } from './user-stream.js';

/** The list that a stream is part of. */
export type ListName = 'active' | 'deleted';

/** The right that a caller needs to see a stream in a list. */
export const LIST_RIGHT = { active: 'read', deleted: 'admin' } as const satisfies Record<ListName, StreamRight>;

export function listOf({ deletedAt }: UserStream): ListName {
  return deletedAt === undefined ? 'active' : 'deleted';
}

/** Longer entries of permissions name nobody: neither a user's id nor the name of an API key is as long. */
const MAX_GRANTEE_LENGTH = 256;

/** Entries of permissions whose callers see the stream in its list; none before its first event. */
export function listGrantees(stream: UserStream): readonly string[] {
  if (stream.events === 0) return [];
  const names = stream.permissions[LIST_RIGHT[listOf(stream)]];
  return [...new Set(names)].filter((name) => name !== '' && name.length <= MAX_GRANTEE_LENGTH);
}
