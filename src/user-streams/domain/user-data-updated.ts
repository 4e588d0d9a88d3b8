import { boolean, object, oneOf, parseData, plainObject, string, timestamp } from '../../common/parse.js';
import { defineEvent, USER_STREAM_TYPES, type UserStreamType } from '../../event-store/domain/index.js';

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

const userDataUpdated = object({
  userId: string,
  type: oneOf(USER_STREAM_TYPES),
  category: string,
  data: plainObject,
  isPublic: boolean,
  timestamp,
  eventId: string,
});

export const UserDataUpdated = defineEvent<'UserDataUpdated', UserDataUpdated>({
  type: 'UserDataUpdated',
  schemaVersion: 1,
  parse: (data) => parseData(userDataUpdated, data),
});
