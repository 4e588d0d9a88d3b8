import { type AccessControlList, parseAcl } from './access-control-list.js';

/** The metadata of a stream that the server acts on. */
export interface SystemMetadata {
  readonly maxCount?: number;
  readonly maxAgeMs?: number;
  /**
   * `$tb`: events before this revision are deleted; {@link SOFT_DELETED_TRUNCATE_BEFORE} marks a soft-deleted stream.
   */
  readonly truncateBefore?: number;
  readonly acl?: AccessControlList;
}

/** `$tb` of a soft-deleted stream: 2^63 - 1, as a double (KurrentDB's `EventNumber.DeletedStream`). */
export const SOFT_DELETED_TRUNCATE_BEFORE = 2 ** 63;

export const NO_METADATA: SystemMetadata = {};

/** Metadata streams retain their last event only, whatever their own metadata says. */
export const METADATA_OF_METADATA: SystemMetadata = { maxCount: 1 };

export const SOFT_DELETED_JSON = '{"$tb":9223372036854775807}';

/**
 * Parses an event of `$$stream`. As in KurrentDB, its type does not matter, and an invalid document (not a JSON object,
 * a member of the wrong type, a negative number) is ignored as a whole.
 */
export function parseSystemMetadata(json: string): SystemMetadata {
  const document = parseObject(json);
  if (document === undefined) return NO_METADATA;
  const maxCount = parseCount(document['$maxCount']);
  const maxAge = parseCount(document['$maxAge']);
  const truncateBefore = parseCount(document['$tb']);
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
 * Metadata of a soft-deleted stream that is written again: `$tb` is set to `revision`, so that its old events stay
 * deleted. Undefined if the document is not a JSON object: it is then left unchanged.
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

function parseCount(value: unknown): number | undefined | 'invalid' {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 'invalid';
}
