import { type NewEvent } from '../../event-store/domain/index.js';
import { jsonBytes } from './json-bytes.js';
import { UserDataUpdated } from './user-data-updated.js';

/**
 * What an event takes beside its data: its metadata, its frame, and its places in the indexes of the store and in the
 * tables of a replica. Measured on the embedded KurrentDB with small events: 0.9 kB.
 */
export const EVENT_OVERHEAD_BYTES = 1_024;

/**
 * What an event counts in the quota of its user, as it is written and as it is read: the JSON of its data in UTF-8, for
 * `UserDataUpdated` that of the user's data, and {@link EVENT_OVERHEAD_BYTES}.
 */
export function storedBytesOf({ type, data }: Pick<NewEvent, 'type' | 'data'>): number {
  return bytesOf(type === UserDataUpdated.type ? userDataOf(data) : data) + EVENT_OVERHEAD_BYTES;
}

/** Names, times and versions in the metadata of a stream. */
const METADATA_FIELDS_BYTES = 1_024;

/**
 * At least what a write of metadata will count: KurrentDB's `$acl` repeats the permissions.
 *
 * @param metadata or the part of them that users choose
 */
export function estimatedMetadataBytes(metadata: object): number {
  return 2 * jsonBytes(metadata) + METADATA_FIELDS_BYTES + EVENT_OVERHEAD_BYTES;
}

/** The whole, if it is not an event of this service. */
function userDataOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'data' in data ? data.data : data;
}

/** Other clients may write binary events, and events without data. */
function bytesOf(data: unknown): number {
  return data instanceof Uint8Array ? data.byteLength : jsonBytes(data ?? null);
}
