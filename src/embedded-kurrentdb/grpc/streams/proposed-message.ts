import { type EventId, isNilEventId, parseEventId } from '../../storage/event-id.js';
import { FieldReader } from '../../storage/wire-format.js';
import { type ProposedEvent } from '../../storage/event-frame.js';
import { missingMetadataProperty } from '../errors.js';
import { GrpcError, StatusCode } from '../status.js';

/** Limit of the total size of an append's events, which may arrive in several messages. */
export const MAX_APPEND_SIZE_BYTES = 64 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);
const JSON_CONTENT = 'application/json';

/** The id or the type of a proposed event is invalid. Only BatchAppend reports the reason. */
export class InvalidEventError extends GrpcError {
  override readonly name = 'InvalidEventError';

  constructor(readonly reason: string) {
    super(StatusCode.UNKNOWN, 'Exception was thrown by handler.');
  }
}

/**
 * Parses an AppendReq.ProposedMessage or BatchAppendReq.ProposedMessage, which have the same fields: id 1, metadata 2,
 * custom metadata 3, data 4. Hand-written, as every written event passes here; the parts are views of the message.
 *
 * @throws GrpcError if a required metadata key is missing
 * @throws InvalidEventError if the id or the type is invalid
 * @throws MalformedMessageError
 */
export function parseProposedMessage(message: Buffer): ProposedEvent {
  let id: EventId | undefined;
  let type: Buffer | undefined;
  let contentType: string | undefined;
  let customMetadata: Buffer = EMPTY;
  let data: Buffer = EMPTY;
  const reader = new FieldReader(message);
  while (reader.next()) {
    switch (reader.fieldNumber) {
      case 1:
        id = parseUuid(reader.content());
        break;
      case 2: {
        const [key, value] = parseEntry(reader.content());
        if (key === 'type') type = value;
        else if (key === 'content-type') contentType = value.toString('latin1');
        break;
      }
      case 3:
        customMetadata = reader.content();
        break;
      case 4:
        data = reader.content();
        break;
      default:
        reader.skip();
    }
  }
  if (type === undefined) throw missingMetadataProperty('type');
  if (contentType === undefined) throw missingMetadataProperty('content-type');
  if (id === undefined || isNilEventId(id)) throw new InvalidEventError('Unrecognized Guid format.');
  if (type.length === 0) throw new InvalidEventError("Value cannot be null. (Parameter 'eventType')");
  return { id, type, isJson: contentType === JSON_CONTENT, customMetadata, data };
}

/** Size that counts towards {@link MAX_APPEND_SIZE_BYTES}. */
export const proposedBytes = ({ type, customMetadata, data }: ProposedEvent): number =>
  type.length + customMetadata.length + data.length;

function parseEntry(entry: Buffer): [key: string, value: Buffer] {
  let key = '';
  let value: Buffer = EMPTY;
  const reader = new FieldReader(entry);
  while (reader.next()) {
    if (reader.fieldNumber === 1) key = reader.content().toString('latin1');
    else if (reader.fieldNumber === 2) value = reader.content();
    else reader.skip();
  }
  return [key, value];
}

/** Parses a UUID message: structured 1 (two halves as varints), string 2. Undefined if it is invalid. */
export function parseUuid(message: Buffer): EventId | undefined {
  const reader = new FieldReader(message);
  let id: EventId | undefined;
  while (reader.next()) {
    if (reader.fieldNumber === 2) id = parseEventId(reader.content());
    else if (reader.fieldNumber === 1) id = parseHalves(reader.content());
    else reader.skip();
  }
  return id;
}

function parseHalves(message: Buffer): EventId {
  const id = Buffer.alloc(16);
  const reader = new FieldReader(message);
  while (reader.next()) {
    if (reader.fieldNumber === 1) id.writeBigUInt64BE(reader.varint64(), 0);
    else if (reader.fieldNumber === 2) id.writeBigUInt64BE(reader.varint64(), 8);
    else reader.skip();
  }
  return id;
}
