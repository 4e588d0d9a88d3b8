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
  parse: (data) => {
    const { streamName, deletedBy } = data as Partial<StreamDeleted>;
    if (typeof streamName !== 'string' || typeof deletedBy !== 'string')
      throw new Error('streamName and deletedBy must be texts');
    return { streamName, deletedBy };
  },
});

export interface StreamRestored {
  readonly streamName: string;
  /** Who did it: a caller's id. */
  readonly restoredBy: string;
}

export const StreamRestored = defineEvent<'StreamRestored', StreamRestored>({
  type: 'StreamRestored',
  schemaVersion: 1,
  parse: (data) => {
    const { streamName, restoredBy } = data as Partial<StreamRestored>;
    if (typeof streamName !== 'string' || typeof restoredBy !== 'string')
      throw new Error('streamName and restoredBy must be texts');
    return { streamName, restoredBy };
  },
});
