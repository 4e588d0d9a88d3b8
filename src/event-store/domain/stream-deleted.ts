import { object, parseData, string } from '../../common/parse.js';
import { defineEvent } from './event-registry.js';

/** Soft delete: the events are kept, and `StreamRestored` reverts it. */
export interface StreamDeleted {
  readonly streamName: string;
  /** Id of the caller. */
  readonly deletedBy: string;
}

export const StreamDeleted = defineEvent<'StreamDeleted', StreamDeleted>({
  type: 'StreamDeleted',
  schemaVersion: 1,
  parse: (data) => parseData(object({ streamName: string, deletedBy: string }), data),
});

export interface StreamRestored {
  readonly streamName: string;
  /** Id of the caller. */
  readonly restoredBy: string;
}

export const StreamRestored = defineEvent<'StreamRestored', StreamRestored>({
  type: 'StreamRestored',
  schemaVersion: 1,
  parse: (data) => parseData(object({ streamName: string, restoredBy: string }), data),
});
