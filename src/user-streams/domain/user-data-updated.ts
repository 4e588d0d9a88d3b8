import { boolean, object, oneOf, plainObject, string, timestamp } from '../../common/parse.js';
import { defineEvent, type EventDataOf, USER_STREAM_TYPES } from '../../event-store/domain/index.js';

/** Data of a user, a JSON object. */
export type UserData = Readonly<Record<string, unknown>>;

/** Complete data of a stream: the last event of this type is its state. */
export const UserDataUpdated = defineEvent({
  type: 'UserDataUpdated',
  parse: object({
    userId: string,
    type: oneOf(USER_STREAM_TYPES),
    category: string,
    data: plainObject,
    /** Everyone could read the stream at the time of the write. */
    isPublic: boolean,
    timestamp,
    eventId: string,
  }),
});
export type UserDataUpdated = EventDataOf<typeof UserDataUpdated>;
