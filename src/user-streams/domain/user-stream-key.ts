import { identifyStream, userStream, type UserStreamType } from '../../event-store/domain/index.js';

/** Parts of the name of a user stream. */
export interface UserStreamKey {
  readonly userId: string;
  readonly type: UserStreamType;
  readonly category: string;
}

/** @throws ValidationError for an invalid user id or category */
export function streamNameOf({ userId, type, category }: UserStreamKey): string {
  return userStream(userId, type, category);
}

/** Inverse of {@link streamNameOf}; undefined for other streams. */
export function keyOfStream(streamName: string): UserStreamKey | undefined {
  const identity = identifyStream(streamName);
  if (identity.kind !== 'user') return undefined;
  const { userId, type, category } = identity;
  return { userId, type, category };
}
