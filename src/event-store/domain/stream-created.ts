import { array, object, optional, parseData, string, timestamp } from '../../common/parse.js';
import { defineEvent } from './event-registry.js';
import { streamPermissions, type StreamPermissions } from './stream-metadata.js';

/** First event of each stream that this service creates. */
export interface StreamCreated {
  readonly streamName: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly data: unknown;
  /** Initial permissions; the metadata have the current ones. {@link ownedBy} the owner if absent. */
  readonly permissions?: StreamPermissions;
}

const streamCreated = object({
  streamName: string,
  description: string,
  tags: array(string),
  owner: string,
  createdAt: timestamp,
  data: (data: unknown) => data ?? null,
  permissions: optional(streamPermissions),
});

export const StreamCreated = defineEvent<'StreamCreated', StreamCreated>({
  type: 'StreamCreated',
  schemaVersion: 1,
  parse: (data) => parseData(streamCreated, data),
});
