import { array, object, ParseContext, string } from '../../common/parse.js';

/** Caller ids and roles by right; `*` is everyone. Also stored as KurrentDB's `$acl`. */
export interface StreamPermissions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly admin: readonly string[];
}

/** Metadata of a stream: settings of KurrentDB and of this service. */
export interface StreamMetadata {
  /** In seconds; older events are not returned. */
  readonly maxAge?: number;
  /** Number of the latest events that are returned. */
  readonly maxCount?: number;
  /** Revision; earlier events are not returned. */
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
    /** MAJOR of `schemaVersion`; up to version 0.1.0 of this service the whole of it, as a string. */
    readonly version: number | string;
    /** Semantic version of the stream's schema; absent in metadata of version 0.1.0. */
    readonly schemaVersion?: string;
    readonly tags: readonly string[];
    readonly owner: string;
  };
  readonly status?: 'active' | 'archived';
  readonly permissions?: StreamPermissions;
  readonly [custom: string]: unknown;
}

/** Metadata with their revision, which a write must expect so that no concurrent change is lost. */
export interface VersionedStreamMetadata {
  readonly metadata: StreamMetadata;
  /** `no_stream` if there are no metadata. */
  readonly revision: bigint | 'no_stream';
}

/** Schema version of new streams, stored in their metadata. */
const STREAM_SCHEMA_VERSION = '1.0.0';
const SEMANTIC_VERSION = /^(\d{1,9})\.\d+\.\d+/;

/** Initial metadata of a stream. */
export interface NewStreamMetadata {
  readonly name: string;
  readonly description: string;
  /** `{}` if absent. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  /** User id, or `system`. */
  readonly owner: string;
  readonly permissions: StreamPermissions;
  /** In seconds; events are kept forever if absent. */
  readonly maxAge?: number;
  /** Number of the latest events that are kept; all if absent. */
  readonly maxCount?: number;
}

/** @param now ISO 8601, UTC */
export function initialMetadata(
  { name, description, data = {}, tags = [], owner, permissions, maxAge, maxCount }: NewStreamMetadata,
  now: string,
): StreamMetadata & Required<Pick<StreamMetadata, 'metadata'>> {
  return {
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxCount === undefined ? {} : { maxCount }),
    name,
    description,
    data,
    metadata: { createdAt: now, updatedAt: now, ...schemaVersionsOf({}), tags, owner },
    status: 'active',
    permissions,
  };
}

/**
 * Both forms of the schema version that metadata have.
 *
 * @param stored of any version of this service, or of another client
 */
export function schemaVersionsOf({ version, schemaVersion }: { version?: unknown; schemaVersion?: unknown }): {
  readonly version: number;
  readonly schemaVersion: string;
} {
  for (const candidate of [schemaVersion, version]) {
    const major = typeof candidate === 'string' ? SEMANTIC_VERSION.exec(candidate)?.[1] : undefined;
    if (major !== undefined) return { version: Number(major), schemaVersion: String(candidate) };
  }
  return schemaVersionsOf({ schemaVersion: STREAM_SCHEMA_VERSION });
}

/** Undefined if the permissions are absent or malformed. */
export function permissionsOf({ permissions }: StreamMetadata): StreamPermissions | undefined {
  const context = new ParseContext();
  const parsed = streamPermissions(permissions, context);
  return context.issues.length === 0 ? parsed : undefined;
}

const names = array(string);

/** Stored permissions. Anything else is rejected: unreadable permissions must not open a stream. */
export const streamPermissions = object({ read: names, write: names, admin: names });

export function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
