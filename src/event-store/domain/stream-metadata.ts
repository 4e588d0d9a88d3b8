import { array, object, ParseContext, string } from '../../common/parse.js';

/** Who may do what with a stream, by user name or role; `*` is everyone. Kept as KurrentDB's `$acl` too. */
export interface StreamPermissions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly admin: readonly string[];
}

/** A stream's metadata: KurrentDB's own settings, and what this service adds to them (DESIGN, "Streams and events"). */
export interface StreamMetadata {
  /** Events older than this many seconds are not read any more. */
  readonly maxAge?: number;
  /** Only this many of the last events are read. */
  readonly maxCount?: number;
  /** Events before this revision are not read any more. */
  readonly truncateBefore?: number;
  readonly cacheControl?: number;
  /** KurrentDB's `$acl`, as stored. */
  readonly acl?: unknown;
  readonly name?: string;
  readonly description?: string;
  readonly data?: unknown;
  readonly metadata?: {
    /** ISO 8601, UTC. */
    readonly createdAt: string;
    readonly updatedAt: string;
    /** Semantic version of the stream's schema. */
    readonly version: string;
    readonly tags: readonly string[];
    readonly owner: string;
  };
  readonly status?: 'active' | 'archived';
  readonly permissions?: StreamPermissions;
  readonly [custom: string]: unknown;
}

/** Metadata with the revision of the metadata stream it was read at: pass it on when writing, so that no change is lost. */
export interface VersionedStreamMetadata {
  readonly metadata: StreamMetadata;
  /** `no_stream` where nobody has written metadata yet. */
  readonly revision: bigint | 'no_stream';
}

/** Version of the layout that new streams are created with, kept in their metadata. */
const STREAM_SCHEMA_VERSION = '1.0.0';

/** What a stream's metadata begin with. */
export interface NewStreamMetadata {
  readonly name: string;
  readonly description: string;
  /** What the stream is created with. */
  readonly data?: unknown;
  readonly tags?: readonly string[];
  /** Who answers for the stream: a user's id, or `system`. */
  readonly owner: string;
  readonly permissions: StreamPermissions;
  /** Events older than this many seconds are not read any more; kept for ever where absent. */
  readonly maxAge?: number;
  /** Only this many of the last events are read; all of them where absent. */
  readonly maxCount?: number;
}

/** @param now ISO 8601, UTC */
export function initialMetadata(
  { name, description, data, tags = [], owner, permissions, maxAge, maxCount }: NewStreamMetadata,
  now: string,
): StreamMetadata & Required<Pick<StreamMetadata, 'metadata'>> {
  return {
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxCount === undefined ? {} : { maxCount }),
    name,
    description,
    ...(data === undefined ? {} : { data }),
    metadata: { createdAt: now, updatedAt: now, version: STREAM_SCHEMA_VERSION, tags, owner },
    status: 'active',
    permissions,
  };
}

/** Whom the metadata name; undefined where they name nobody, or nobody that can be understood. */
export function permissionsOf({ permissions }: StreamMetadata): StreamPermissions | undefined {
  const context = new ParseContext();
  const parsed = streamPermissions(permissions, context);
  return context.issues.length === 0 ? parsed : undefined;
}

const names = array(string);

/** Stored permissions. Anything else is rejected: unreadable permissions must not open a stream. */
export const streamPermissions = object({ read: names, write: names, admin: names });

/** Whether a stored value is a list of texts. */
export function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
