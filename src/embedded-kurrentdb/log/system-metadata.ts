import { type AccessControlList, parseAcl } from './access-control-list.js';

/** What a stream's metadata says about which of its events are still there, and who may do what with it. */
export interface SystemMetadata {
  readonly maxCount?: number;
  /** Milliseconds. */
  readonly maxAgeMs?: number;
  /** Events before this revision are gone; {@link SOFT_DELETED_TRUNCATE_BEFORE} marks a soft-deleted stream. */
  readonly truncateBefore?: number;
  readonly acl?: AccessControlList;
}

/** `$tb` of a soft-deleted stream: 2^63 - 1, as a double. */
export const SOFT_DELETED_TRUNCATE_BEFORE = 2 ** 63;

export const NO_METADATA: SystemMetadata = {};

/** Metadata streams keep their last event only, whatever their own metadata says. */
export const METADATA_OF_METADATA: SystemMetadata = { maxCount: 1 };

export const SOFT_DELETED_JSON = '{"$tb":9223372036854775807}';

/**
 * The metadata that an event of `$$stream` holds. As on a real server any event there counts, whatever its type, and one
 * that is not a valid metadata document as a whole (no JSON object, a member of the wrong type, a negative number) says nothing.
 */
export function parseSystemMetadata(json: string): SystemMetadata {
  const document = parseObject(json);
  if (document === undefined) return NO_METADATA;
  const maxCount = count(document['$maxCount']);
  const maxAge = count(document['$maxAge']);
  const truncateBefore = count(document['$tb']);
  const acl = parseAcl(document['$acl']);
  if (maxCount === 'invalid' || maxAge === 'invalid' || truncateBefore === 'invalid' || acl === 'invalid')
    return NO_METADATA;
  return {
    ...(maxCount === undefined || maxCount === 0 ? {} : { maxCount }),
    ...(maxAge === undefined || maxAge === 0 ? {} : { maxAgeMs: maxAge * 1000 }),
    ...(truncateBefore === undefined ? {} : { truncateBefore }),
    ...(acl === undefined ? {} : { acl }),
  };
}

/**
 * The metadata document of a soft-deleted stream that is written to again: its events before `revision` stay gone.
 * Undefined if the document is no JSON object: then it is left as it is.
 */
export function softUndeletedMetadata(json: string, revision: number): string | undefined {
  const document = parseObject(json);
  return document === undefined ? undefined : JSON.stringify({ ...document, $tb: revision });
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function count(value: unknown): number | undefined | 'invalid' {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 'invalid';
}
