import { validationError } from '../../event-store/domain/index.js';
import { type UserStreamKey } from './user-stream-key.js';

/**
 * Segments that follow the type in the short form of a path about the stream without category: `…/profile/history` for
 * `…/profile/default/history`.
 */
export const RESERVED_CATEGORIES = ['history', 'feed', 'metadata', 'events', 'restore'] as const;

/** For a stream that is about to be created: those of earlier versions stay. @throws ValidationError */
export function assertNotReserved({ type, category }: UserStreamKey): void {
  if (!RESERVED_CATEGORIES.some((reserved) => reserved === category)) return;
  const problem =
    `'${category}' cannot name a category, because …/${type}/${category} is about the stream without category; ` +
    `reserved are ${RESERVED_CATEGORIES.join(', ')}`;
  throw validationError([{ path: 'category', problem }]);
}
