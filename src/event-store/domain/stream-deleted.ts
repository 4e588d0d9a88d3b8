import { object, parseData, string } from '../../common/parse.js';
import { defineEvent } from './event-registry.js';

/** A stream was deleted softly: it reads as deleted from here on, nothing is lost, and `StreamRestored` brings it back. */
export interface StreamDeleted {
  readonly streamName: string;
  /** Who did it: a caller's id. */
  readonly deletedBy: string;
}

export const StreamDeleted = defineEvent<'StreamDeleted', StreamDeleted>({
  type: 'StreamDeleted',
  schemaVersion: 1,
  parse: (data) => parseData(object({ streamName: string, deletedBy: string }), data),
});

export interface StreamRestored {
  readonly streamName: string;
  /** Who did it: a caller's id. */
  readonly restoredBy: string;
}

export const StreamRestored = defineEvent<'StreamRestored', StreamRestored>({
  type: 'StreamRestored',
  schemaVersion: 1,
  parse: (data) => parseData(object({ streamName: string, restoredBy: string }), data),
});
