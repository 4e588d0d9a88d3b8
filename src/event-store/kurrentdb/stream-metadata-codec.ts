import { isPlainObject } from '../../common/plain-object.js';
import { type StreamMetadata, type StreamPermissions } from '../domain/index.js';

/** Fields that KurrentDB reads itself, by the name that the domain gives them. */
const RESERVED = {
  maxAge: '$maxAge',
  maxCount: '$maxCount',
  truncateBefore: '$tb',
  cacheControl: '$cacheControl',
  acl: '$acl',
} as const;
const FIELD_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(RESERVED).map(([field, stored]) => [stored, field]),
);

/** What a soft delete leaves in `$tb`: everything is truncated. (2^63 - 1; JSON numbers lose its last digits.) */
const ALL_TRUNCATED = Number(9_223_372_036_854_775_807n);

/** The JSON that a stream's metadata is stored as. An `$acl` is made from `permissions` where none is given. */
export function encodeMetadata(metadata: StreamMetadata): Record<string, unknown> {
  const withAcl =
    metadata.acl === undefined && metadata.permissions ? { ...metadata, acl: aclOf(metadata.permissions) } : metadata;
  return Object.fromEntries(
    Object.entries(withAcl)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field in RESERVED ? RESERVED[field as keyof typeof RESERVED] : field, value]),
  );
}

/** Reads stored metadata; what is not a JSON object counts as none, as it does for the server. */
export function decodeMetadata(stored: unknown): StreamMetadata {
  if (!isPlainObject(stored)) return {};
  return Object.fromEntries(Object.entries(stored).map(([field, value]) => [FIELD_OF.get(field) ?? field, value]));
}

/** Whether the metadata are those of a stream that was soft-deleted and not appended to since. */
export function isSoftDeleted(metadata: StreamMetadata): boolean {
  return metadata.truncateBefore === ALL_TRUNCATED;
}

/**
 * KurrentDB's access control list for the permissions: `*` is everyone who may log in, the roles `system` and `admin` are the
 * store's administrators (this service is one of them), anyone else is a user of the store of that name.
 */
function aclOf({ read, write, admin }: StreamPermissions): Record<string, string[]> {
  const roles = (names: readonly string[]): string[] => [
    ...new Set(names.map((name) => (name === '*' ? '$all' : name === 'system' || name === 'admin' ? '$admins' : name))),
  ];
  return { $r: roles(read), $w: roles(write), $d: roles(admin), $mr: roles(read), $mw: roles(admin) };
}
