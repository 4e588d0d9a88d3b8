import { boolean, object, oneOf, type Parsed, parseData, plainObject, string, timestamp } from '../../common/parse.js';
import { defineEvent, USER_STREAM_TYPES } from '../../event-store/domain/index.js';

/** Data of a user, a JSON object. */
export type UserData = Readonly<Record<string, unknown>>;

const userDataUpdated = object({
  userId: string,
  type: oneOf(USER_STREAM_TYPES),
  category: string,
  data: plainObject,
  /** Everyone could read the stream at the time of the write. */
  isPublic: boolean,
  timestamp,
  eventId: string,
});

/** Complete data of a stream: the last event of this type is its state. */
export type UserDataUpdated = Parsed<typeof userDataUpdated>;
export const UserDataUpdated = defineEvent({
  type: 'UserDataUpdated',
  schemaVersion: 1,
  parse: (data) => parseData(userDataUpdated, data),
});
