import { defineEvent, isUserStreamType, type UserStreamType } from '../../event-store/domain/index.js';

/** Data of a user, a JSON object. */
export type UserData = Readonly<Record<string, unknown>>;

/** All of a stream's data as they are from here on: the last of these events is the stream's state. */
export interface UserDataUpdated {
  readonly userId: string;
  readonly type: UserStreamType;
  readonly category: string;
  readonly data: UserData;
  /** Whether everyone could read the stream when it was written. */
  readonly isPublic: boolean;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly eventId: string;
}

export const UserDataUpdated = defineEvent<'UserDataUpdated', UserDataUpdated>({
  type: 'UserDataUpdated',
  schemaVersion: 1,
  parse: (value) => {
    const { userId, type, category, data, isPublic, timestamp, eventId } = value as Partial<UserDataUpdated>;
    if (typeof userId !== 'string' || typeof category !== 'string' || typeof eventId !== 'string')
      throw new Error('userId, category and eventId must be texts');
    if (typeof type !== 'string' || !isUserStreamType(type)) throw new Error('type must be a type of user stream');
    if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new Error('data must be an object');
    if (typeof isPublic !== 'boolean') throw new Error('isPublic must be true or false');
    if (typeof timestamp !== 'string' || Number.isNaN(Date.parse(timestamp)))
      throw new Error('timestamp must be an instant');
    return { userId, type, category, data, isPublic, timestamp, eventId };
  },
});
