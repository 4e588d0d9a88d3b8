import { bodyIssue, isPublic, type StreamPermissions, validationError } from '../../event-store/domain/index.js';
import { keyOfStream, type UserStreamKey } from './user-stream-key.js';
import { type UserStream } from './user-stream.js';

/** Tags of a caller's own on one stream. */
export const MAX_TAGS = 32;
/** Length of {@link standardTags}. */
export const STANDARD_TAGS = 4;

const VISIBILITIES: readonly unknown[] = ['public', 'private'];

type Kind = Pick<UserStreamKey, 'type' | 'category'>;

/** Tags of a new or changed stream: the standard ones by its kind and its visibility, then those of its users. */
export function streamTags(kind: Kind, permissions: StreamPermissions, own: readonly string[]): readonly string[] {
  return [...standardTags(kind, isPublic(permissions)), ...own];
}

/** Without the standard tags, of either visibility, which nobody gives or takes. */
export function ownTags({ type, category }: Kind, tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !['user', type, category, ...VISIBILITIES].includes(tag));
}

/**
 * The own tags among those that a caller gives, which may be the tags of an answer.
 *
 * @throws ValidationError for more than {@link MAX_TAGS}
 */
export function givenTags(kind: Kind, tags: readonly string[]): readonly string[] {
  const own = ownTags(kind, tags);
  if (own.length > MAX_TAGS)
    throw validationError([bodyIssue('tags', `must contain at most ${MAX_TAGS} tags of your own`)]);
  return own;
}

/**
 * Tags as they are shown: as stored, those of version 0.1.0 too, which had no standard ones. The visibility follows the
 * permissions, which that version changes without it.
 */
export function tagsOf(stream: Pick<UserStream, 'name' | 'tags' | 'permissions'>): readonly string[] {
  const key = keyOfStream(stream.name);
  const { tags } = stream;
  if (!key || !VISIBILITIES.includes(tags[STANDARD_TAGS - 1])) return tags;
  const standard = standardTags(key, isPublic(stream.permissions));
  const isStandard = standard.slice(0, -1).every((tag, index) => tag === tags[index]);
  return isStandard ? [...standard, ...tags.slice(STANDARD_TAGS)] : tags;
}

function standardTags({ type, category }: Kind, isShownToAll: boolean): readonly string[] {
  return ['user', type, category, isShownToAll ? 'public' : 'private'];
}
