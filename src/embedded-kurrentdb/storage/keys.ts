import { createHash } from 'node:crypto';
import { EVENT_ID_BYTES, type EventId } from './event-id.js';

/**
 * Keys and fixed-size values of the store's tables. Integers are big-endian, so that byte order is numeric order.
 * Positions and revisions take 48 bits: at a million events per second they last nine years.
 */
export const UINT48_BYTES = 6;
const HIGH = 2 ** 32;

const MAX_UINT48 = 2 ** 48 - 1;

/** LMDB limits keys to 1978 bytes; a longer stream name is stored by its digest. */
const MAX_NAME_KEY_LENGTH = 1024;

export function writeUint48(target: Buffer, offset: number, value: number): void {
  target.writeUInt16BE(Math.floor(value / HIGH), offset);
  target.writeUInt32BE(value % HIGH, offset + 2);
}

export const readUint48 = (source: Buffer, offset: number): number =>
  source.readUInt16BE(offset) * HIGH + source.readUInt32BE(offset + 2);

/**
 * Reused buffers for keys and values: LMDB copies them before the call returns, and allocating them would cost more
 * than the call.
 */
const positionBuffer = Buffer.alloc(UINT48_BYTES);
const revisionBuffer = Buffer.alloc(UINT48_BYTES);
const revisionKeyBuffer = Buffer.alloc(4 + UINT48_BYTES);
const indexPageKeyBuffer = Buffer.alloc(4 + UINT48_BYTES);
const gapKeyBuffer = Buffer.alloc(4 + UINT48_BYTES);
const eventIdKeyBuffer = Buffer.alloc(4 + EVENT_ID_BYTES);

/** Key of the table of events, and value of the table of revisions. Valid until the next call. */
export function positionBytes(position: number): Buffer {
  writeUint48(positionBuffer, 0, position);
  return positionBuffer;
}

/** Value of the index of event ids. Valid until the next call. */
export function revisionBytes(revision: number): Buffer {
  writeUint48(revisionBuffer, 0, revision);
  return revisionBuffer;
}

/** Key of the table of revisions. Valid until the next call. */
export function revisionKey(streamId: number, revision: number): Buffer {
  revisionKeyBuffer.writeUInt32BE(streamId, 0);
  writeUint48(revisionKeyBuffer, 4, Math.min(revision, MAX_UINT48));
  return revisionKeyBuffer;
}

export const revisionOfKey = (key: Buffer): number => readUint48(key, 4);

/** Key of the table of index pages. Valid until the next call. */
export function indexPageKey(indexId: number, page: number): Buffer {
  indexPageKeyBuffer.writeUInt32BE(indexId, 0);
  writeUint48(indexPageKeyBuffer, 4, Math.min(page, MAX_UINT48));
  return indexPageKeyBuffer;
}

export const indexPageNumber = (key: Buffer): number => readUint48(key, 4);

/** Key of the table of gaps. Valid until the next call. */
export function gapKey(id: number, row: number): Buffer {
  gapKeyBuffer.writeUInt32BE(id, 0);
  writeUint48(gapKeyBuffer, 4, row);
  return gapKeyBuffer;
}

/** Key of the index of event ids. Valid until the next call. */
export function eventIdKey(streamId: number, id: EventId): Buffer {
  eventIdKeyBuffer.writeUInt32BE(streamId, 0);
  eventIdKeyBuffer.set(id, 4);
  return eventIdKeyBuffer;
}

/** Key of the table of streams. The first byte distinguishes names from digests. */
export function streamKey(name: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length <= MAX_NAME_KEY_LENGTH) return Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(1), createHash('sha256').update(bytes).digest()]);
}

/** Key of the row after all streams: it only refers to the last one. */
export const END_STREAM_KEY = Buffer.of(2);

/**
 * A row of the table of streams: 4 bytes id, 6 bytes last revision + 1, 6 bytes position of the tombstone or 0, 4 bytes
 * reference to the previous row.
 */
export interface StreamRow {
  /** Checksum of the key of the previous row, 0 if it is the first one: shows that no row in between was lost. */
  readonly previous: number;
  readonly id: number;
  readonly lastRevision: number;
  readonly tombstonePosition: number;
}

export function encodeStreamRow({ id, lastRevision, tombstonePosition, previous }: StreamRow): Buffer {
  const bytes = Buffer.allocUnsafe(8 + 2 * UINT48_BYTES);
  bytes.writeUInt32BE(id, 0);
  writeUint48(bytes, 4, lastRevision + 1);
  writeUint48(bytes, 10, tombstonePosition);
  bytes.writeUInt32BE(previous, 16);
  return bytes;
}

export function decodeStreamRow(bytes: Buffer): StreamRow {
  return {
    id: bytes.readUInt32BE(0),
    lastRevision: readUint48(bytes, 4) - 1,
    tombstonePosition: readUint48(bytes, 10),
    previous: bytes.length < 20 ? 0 : bytes.readUInt32BE(16), // format 2 has none
  };
}
