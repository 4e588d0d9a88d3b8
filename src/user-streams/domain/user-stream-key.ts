import { identifyStream, userStream, type UserStreamType } from '../../event-store/domain/index.js';

/** Which stream of which user. */
export interface UserStreamKey {
  readonly userId: string;
  readonly type: UserStreamType;
  readonly category: string;
}

/** @throws ValidationError where the key breaks the rules of names */
export function streamNameOf({ userId, type, category }: UserStreamKey): string {
  return userStream(userId, type, category);
}

/** The key that a stream's name was made from; undefined for streams that are no user's. */
export function keyOfStream(streamName: string): UserStreamKey | undefined {
  const identity = identifyStream(streamName);
  if (identity.kind !== 'user') return undefined;
  const { userId, type, category } = identity;
  return { userId, type, category };
}
