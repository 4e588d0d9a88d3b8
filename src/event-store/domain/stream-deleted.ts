import { object, string } from '../../common/parse.js';
import { defineEvent, type EventDataOf } from './event-registry.js';

/** Soft delete: the events are kept, and `StreamRestored` reverts it. */
export const StreamDeleted = defineEvent({
  type: 'StreamDeleted',
  /** `deletedBy`: id of the caller. */
  parse: object({ streamName: string, deletedBy: string }),
});
export type StreamDeleted = EventDataOf<typeof StreamDeleted>;

export const StreamRestored = defineEvent({
  type: 'StreamRestored',
  /** `restoredBy`: id of the caller. */
  parse: object({ streamName: string, restoredBy: string }),
});
export type StreamRestored = EventDataOf<typeof StreamRestored>;
