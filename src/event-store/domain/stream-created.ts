import { defineEvent } from './event-registry.js';
import { isStringArray, parsePermissions, type StreamPermissions } from './stream-metadata.js';

/** The first event of every stream this service creates. */
export interface StreamCreated {
  readonly streamName: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly data: unknown;
  /** What the stream began with; its metadata say what holds now. The owner's alone where absent. */
  readonly permissions?: StreamPermissions;
}

export const StreamCreated = defineEvent<'StreamCreated', StreamCreated>({
  type: 'StreamCreated',
  schemaVersion: 1,
  parse: (data) => {
    const {
      streamName,
      description,
      tags,
      owner,
      createdAt,
      data: payload,
      permissions,
    } = data as Partial<StreamCreated>;
    if (
      typeof streamName !== 'string' ||
      typeof description !== 'string' ||
      typeof owner !== 'string' ||
      typeof createdAt !== 'string'
    ) {
      throw new Error('streamName, description, owner and createdAt must be texts');
    }
    if (Number.isNaN(Date.parse(createdAt))) throw new Error('createdAt must be an instant');
    if (!isStringArray(tags)) throw new Error('tags must be a list of texts');
    return {
      streamName,
      description,
      tags,
      owner,
      createdAt,
      data: payload ?? null,
      ...(permissions === undefined ? {} : { permissions: parsePermissions(permissions) }),
    };
  },
});
