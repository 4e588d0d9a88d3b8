import { crc32 } from 'node:zlib';
import { CHECKSUM_BYTES, DataLossError } from './checked-table.js';
import { EVENT_ID_STRING_LENGTH, type EventId, parseEventId, writeEventIdString } from './event-id.js';
import {
  FieldReader,
  fieldLength,
  GRPC_PREFIX_BYTES,
  MalformedMessageError,
  varintLength,
  writeBytesField,
  writeFieldHeader,
  writeGrpcPrefix,
  writeVarintField,
} from './wire-format.js';

/** An event to be written. */
export interface ProposedEvent {
  readonly id: EventId;
  readonly type: Uint8Array;
  readonly isJson: boolean;
  readonly customMetadata: Uint8Array;
  readonly data: Uint8Array;
}

/** Represents 2^63 - 1, the revision of a tombstone. */
export const TOMBSTONE_REVISION = Number.POSITIVE_INFINITY;
const TOMBSTONE_VARINT = Buffer.from('ffffffffffffffff7f', 'hex');

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const KEY_TYPE = latin1('type');
const KEY_CREATED = latin1('created');
const KEY_CONTENT_TYPE = latin1('content-type');
const JSON_CONTENT = latin1('application/json');
const BINARY_CONTENT = latin1('application/octet-stream');

const entryLength = (key: Uint8Array, value: Uint8Array): number => fieldLength(key.length) + fieldLength(value.length);

function writeEntry(target: Buffer, offset: number, key: Uint8Array, value: Uint8Array): number {
  const at = writeFieldHeader(target, offset, 6, entryLength(key, value));
  return writeBytesField(target, writeBytesField(target, at, 1, key), 2, value);
}

const bytesFieldLength = (bytes: Uint8Array): number => (bytes.length === 0 ? 0 : fieldLength(bytes.length));

function revisionFieldLength(revision: number): number {
  if (revision === 0) return 0;
  return 1 + (revision === TOMBSTONE_REVISION ? TOMBSTONE_VARINT.length : varintLength(revision));
}

function writeRevisionField(target: Buffer, offset: number, revision: number): number {
  if (revision === 0) return offset;
  if (revision !== TOMBSTONE_REVISION) return writeVarintField(target, offset, 3, revision);
  target[offset] = 3 << 3;
  target.set(TOMBSTONE_VARINT, offset + 1);
  return offset + 1 + TOMBSTONE_VARINT.length;
}

/** The fields that all events of one append share. */
interface AppendHeader {
  readonly streamName: Uint8Array;
  /** Ticks of 100 ns since 1970, as a decimal string. */
  readonly created: Uint8Array;
}

export const appendHeader = (streamName: string, createdMs: number): AppendHeader => ({
  streamName: Buffer.from(streamName),
  created: latin1(`${createdMs}0000`),
});

/**
 * Encodes an event in its stored form, which is also its wire form: the gRPC message `ReadResp { event { event,
 * commit_position } }` with its prefix and the id as a string, as clients request it. A read copies these bytes; only
 * filters, links and structured ids need {@link parseEventFrame}.
 *
 * Field numbers: ReadResp.event 1; ReadEvent.event 1, link 2, commit_position 3; RecordedEvent.id 1, stream_identifier
 * 2, stream_revision 3, prepare_position 4, commit_position 5, metadata 6, custom_metadata 7, data 8; UUID.structured
 * 1, string 2; StreamIdentifier.stream_name 3; map entries: key 1, value 2.
 *
 * @param revision {@link TOMBSTONE_REVISION} for a tombstone
 */
export function encodeEventFrame(
  { streamName, created }: AppendHeader,
  event: ProposedEvent,
  revision: number,
  position: number,
): Buffer {
  return encodeFrame({ streamName, created }, event, revision, position, 0);
}

/** {@link encodeEventFrame} with the checksum that the table of events has after each frame. */
export function encodeStoredEvent(
  header: AppendHeader,
  event: ProposedEvent,
  revision: number,
  position: number,
): Buffer {
  const stored = encodeFrame(header, event, revision, position, CHECKSUM_BYTES);
  const length = stored.length - CHECKSUM_BYTES;
  stored.writeUInt32BE(checksumOf(stored.subarray(0, length), position), length);
  return stored;
}

/** A frame with its checksum, as {@link encodeStoredEvent} makes it. */
export function withEventChecksum(frame: Buffer, position: number): Buffer {
  const stored = Buffer.allocUnsafe(frame.length + CHECKSUM_BYTES);
  stored.set(frame);
  stored.writeUInt32BE(checksumOf(frame, position), frame.length);
  return stored;
}

/**
 * The frame of a row of the table of events.
 *
 * @param checksumsFrom rows of formats 1 and 2 before this position may have no checksum
 * @throws DataLossError if it is not what was written at the position
 */
export function verifiedFrame(stored: Buffer, position: number, checksumsFrom: number): Buffer {
  const length = stored.length < GRPC_PREFIX_BYTES ? -1 : GRPC_PREFIX_BYTES + stored.readUInt32BE(1);
  if (stored.length === length && position < checksumsFrom) return stored;
  if (stored.length === length + CHECKSUM_BYTES) {
    const frame = stored.subarray(0, length);
    if (stored.readUInt32BE(length) === checksumOf(frame, position)) return frame;
  }
  throw new DataLossError(`$all@${position}`, 'wrong checksum');
}

const checksumOf = (frame: Buffer, position: number): number =>
  crc32(frame, ((position % 2 ** 32) ^ Math.floor(position / 2 ** 32)) >>> 0);

const NAME_TAG = (3 << 3) | 2;
const REVISION_TAG = 3 << 3;

/** Whether a frame is the event of that stream and revision, without parsing the rest of it. */
export function isEventOf(frame: Buffer, streamName: Buffer, revision: number): boolean {
  let at = GRPC_PREFIX_BYTES;
  const skipVarint = (): void => {
    while ((frame[at++] ?? 0) >= 128);
  };
  for (let level = 0; level < 2; level++) {
    at++;
    skipVarint();
  }
  at += fieldLength(fieldLength(EVENT_ID_STRING_LENGTH));
  at++;
  skipVarint();
  if (frame[at++] !== NAME_TAG) return false;
  const nameAt = at;
  skipVarint();
  if (varintLength(streamName.length) !== at - nameAt) return false;
  for (let index = 0; index < streamName.length; index++) if (frame[at + index] !== streamName[index]) return false;
  at += streamName.length;
  if (frame[at] !== REVISION_TAG) return revision === 0;
  let value = 0;
  let factor = 1;
  do {
    value += ((frame[++at] ?? 0) & 127) * factor;
    factor *= 128;
  } while ((frame[at] ?? 0) >= 128);
  return value === revision;
}

function encodeFrame(
  { streamName, created }: AppendHeader,
  event: ProposedEvent,
  revision: number,
  position: number,
  spareBytes: number,
): Buffer {
  const contentType = event.isJson ? JSON_CONTENT : BINARY_CONTENT;
  const positionLength = 1 + varintLength(position);
  const nameLength = fieldLength(streamName.length);
  const recordedLength =
    fieldLength(fieldLength(EVENT_ID_STRING_LENGTH)) +
    fieldLength(nameLength) +
    revisionFieldLength(revision) +
    2 * positionLength +
    fieldLength(entryLength(KEY_TYPE, event.type)) +
    fieldLength(entryLength(KEY_CREATED, created)) +
    fieldLength(entryLength(KEY_CONTENT_TYPE, contentType)) +
    bytesFieldLength(event.customMetadata) +
    bytesFieldLength(event.data);
  const readEventLength = fieldLength(recordedLength) + positionLength;
  const messageLength = fieldLength(readEventLength);

  const frame = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + messageLength + spareBytes);
  let at = writeGrpcPrefix(frame, 0, messageLength);
  at = writeFieldHeader(frame, at, 1, readEventLength);
  at = writeFieldHeader(frame, at, 1, recordedLength);
  at = writeFieldHeader(frame, at, 1, fieldLength(EVENT_ID_STRING_LENGTH));
  at = writeFieldHeader(frame, at, 2, EVENT_ID_STRING_LENGTH);
  writeEventIdString(frame, at, event.id);
  at += EVENT_ID_STRING_LENGTH;
  at = writeFieldHeader(frame, at, 2, nameLength);
  at = writeBytesField(frame, at, 3, streamName);
  at = writeRevisionField(frame, at, revision);
  at = writeVarintField(frame, at, 4, position);
  at = writeVarintField(frame, at, 5, position);
  at = writeEntry(frame, at, KEY_TYPE, event.type);
  at = writeEntry(frame, at, KEY_CREATED, created);
  at = writeEntry(frame, at, KEY_CONTENT_TYPE, contentType);
  if (event.customMetadata.length > 0) at = writeBytesField(frame, at, 7, event.customMetadata);
  if (event.data.length > 0) at = writeBytesField(frame, at, 8, event.data);
  writeVarintField(frame, at, 3, position);
  return frame;
}

/** A decoded event; its buffers are views of the frame. */
export interface ParsedEvent {
  readonly id: EventId;
  readonly streamName: string;
  readonly revision: number;
  readonly position: number;
  readonly type: string;
  readonly isJson: boolean;
  readonly createdMs: number;
  readonly customMetadata: Buffer;
  readonly data: Buffer;
  /** The RecordedEvent message, for embedding in another response. */
  readonly recorded: Buffer;
  /** {@link recorded} without its id. */
  readonly recordedAfterId: Buffer;
}

function expectField(reader: FieldReader, fieldNumber: number): Buffer {
  if (!reader.next() || reader.fieldNumber !== fieldNumber)
    throw new MalformedMessageError('the stored event is corrupted: unexpected field');
  return reader.content();
}

/** @throws DataLossError if the frame is not one */
export function parseEventFrame(frame: Buffer): ParsedEvent {
  try {
    return parse(frame);
  } catch (error) {
    if (error instanceof MalformedMessageError) throw new DataLossError('an event', error.message);
    throw error;
  }
}

function parse(frame: Buffer): ParsedEvent {
  const readEvent = expectField(new FieldReader(frame, GRPC_PREFIX_BYTES), 1);
  const recorded = expectField(new FieldReader(readEvent), 1);
  const reader = new FieldReader(recorded);
  const idField = expectField(reader, 1);
  const id = parseEventId(expectField(new FieldReader(idField), 2));
  if (id === undefined) throw new MalformedMessageError('the stored event is corrupted: it has no id');
  const recordedAfterId = recorded.subarray(1 + varintLength(idField.length) + idField.length);
  let streamName = '';
  let revision = 0;
  let position = 0;
  let type = '';
  let isJson = false;
  let createdMs = 0;
  let customMetadata = recorded.subarray(0, 0);
  let data = customMetadata;
  while (reader.next()) {
    switch (reader.fieldNumber) {
      case 2:
        streamName = expectField(new FieldReader(reader.content()), 3).toString('utf8');
        break;
      case 3:
        revision = reader.varint();
        break;
      case 4:
        position = reader.varint();
        break;
      case 6: {
        const entry = new FieldReader(reader.content());
        const key = expectField(entry, 1).toString('latin1');
        const value = expectField(entry, 2);
        if (key === 'type') type = value.toString('utf8');
        else if (key === 'created') createdMs = Number(value.toString('latin1', 0, value.length - 4));
        else isJson = value.equals(JSON_CONTENT);
        break;
      }
      case 7:
        customMetadata = reader.content();
        break;
      case 8:
        data = reader.content();
        break;
      default:
        reader.skip();
    }
  }
  return {
    id,
    streamName,
    revision: revision >= 2 ** 62 ? TOMBSTONE_REVISION : revision,
    position,
    type,
    isJson,
    createdMs,
    customMetadata,
    data,
    recorded,
    recordedAfterId,
  };
}
