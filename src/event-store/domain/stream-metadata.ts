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
