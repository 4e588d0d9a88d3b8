import { isPlainObject } from '../../common/plain-object.js';
import { aclOf, type StreamMetadata, ValidationError } from '../domain/index.js';

/** Fields with a meaning in KurrentDB, by their names in the domain. */
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

/** `$tb` of a soft-deleted stream: 2^63 - 1, of which JSON numbers lose the last digits. */
const ALL_TRUNCATED = Number(9_223_372_036_854_775_807n);

/** The least value of each limit. */
const MINIMA = { maxAge: 1, maxCount: 1, truncateBefore: 0, cacheControl: 1 } as const;

/** @throws ValidationError for a limit that the server would ignore */
export function assertLimits(streamName: string, metadata: StreamMetadata): void {
  for (const [field, minimum] of Object.entries(MINIMA)) {
    const value = metadata[field as keyof typeof MINIMA];
    if (value !== undefined && (!Number.isInteger(value) || value < minimum))
      throw new ValidationError(`${field} must be an integer of at least ${minimum}, got ${value}`, { streamName });
  }
}

/** Stored JSON of metadata. An absent `$acl` is derived from `permissions`. */
export function encodeMetadata(metadata: StreamMetadata): Record<string, unknown> {
  const withAcl =
    metadata.acl === undefined && metadata.permissions ? { ...metadata, acl: aclOf(metadata.permissions) } : metadata;
  return Object.fromEntries(
    Object.entries(withAcl)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field in RESERVED ? RESERVED[field as keyof typeof RESERVED] : field, value]),
  );
}

/** Metadata from stored JSON; anything but an object is read as empty metadata, as the server does. */
export function decodeMetadata(stored: unknown): StreamMetadata {
  if (!isPlainObject(stored)) return {};
  return Object.fromEntries(Object.entries(stored).map(([field, value]) => [FIELD_OF.get(field) ?? field, value]));
}

/** True for the metadata of a stream that was soft-deleted and not appended to since. */
export function isSoftDeleted(metadata: StreamMetadata): boolean {
  return metadata.truncateBefore === ALL_TRUNCATED;
}
