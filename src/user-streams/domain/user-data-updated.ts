import { boolean, object, oneOf, parseData, plainObject, string, timestamp } from '../../common/parse.js';
import { defineEvent, USER_STREAM_TYPES, type UserStreamType } from '../../event-store/domain/index.js';

/** Data of a user, a JSON object. */
export type UserData = Readonly<Record<string, unknown>>;

/** Complete data of a stream: the last event of this type is its state. */
export interface UserDataUpdated {
  readonly userId: string;
  readonly type: UserStreamType;
  readonly category: string;
  readonly data: UserData;
  /** Everyone could read the stream at the time of the write. */
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
