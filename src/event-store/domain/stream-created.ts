import { array, object, optional, string, timestamp } from '../../common/parse.js';
import { defineEvent, type EventDataOf } from './event-registry.js';
import { streamPermissions } from './stream-metadata.js';

/** First event of each stream that this service creates. */
export const StreamCreated = defineEvent({
  type: 'StreamCreated',
  parse: object({
    streamName: string,
    description: string,
    tags: array(string),
    owner: string,
    /** ISO 8601, UTC. */
    createdAt: timestamp,
    /** An object; null in events of version 0.1.0. */
    data: (data): unknown => data ?? null,
    /** Initial permissions; the metadata have the current ones. {@link ownedBy} the owner if absent. */
    permissions: optional(streamPermissions),
  }),
});
export type StreamCreated = EventDataOf<typeof StreamCreated>;
