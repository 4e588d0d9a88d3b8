import { LINK_TYPE, parseLink, readStatus } from '../../log/index.js';
import { type ParsedEvent, parseEventFrame } from '../../storage/event-frame.js';
import { type LogReader } from '../../storage/log-reader.js';
import { type Streams } from '../../storage/streams.js';
import {
  bytesField,
  fieldLength,
  frameMessage,
  varint64Field,
  varintLength,
  writeBytesField,
  writeFieldHeader,
  writeVarintField,
} from '../../storage/wire-format.js';

/** Encodes a stored frame as the frame to send. */
export type EventEncoder = (frame: Buffer) => Uint8Array;

interface EventEncoderOptions {
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
}

/**
 * The encoder for the options of a read: stored frames are sent unchanged, unless links are resolved or ids are
 * structured.
 */
export function eventEncoderFor(
  { resolveLinks, structuredIds }: EventEncoderOptions,
  streams: Streams,
  reader: LogReader,
): EventEncoder {
  const recordedOf = structuredIds ? withStructuredId : (event: ParsedEvent): Buffer => event.recorded;
  if (!resolveLinks) return structuredIds ? (frame) => readEvent(parseEventFrame(frame), recordedOf) : (frame) => frame;
  return (frame) => {
    const event = parseEventFrame(frame);
    const target = event.type === LINK_TYPE ? parseLink(event.data.toString('utf8')) : undefined;
    if (target === undefined) return structuredIds ? readEvent(event, recordedOf) : frame;
    const link = Buffer.from(recordedOf(event)); // a copy: reading the target overwrites the memory
    const { position } = event;
    const stream = streams.get(target.streamName);
    const found = readStatus(stream) === 'readable' ? reader.visibleEvent(stream, target.revision) : undefined;
    return resolvedEvent(found && recordedOf(parseEventFrame(found)), link, position);
  };
}

/** ReadResp { event: ReadEvent { event 1, link 2, commit_position 3 } }. */
function resolvedEvent(event: Buffer | undefined, link: Buffer | undefined, position: number): Buffer {
  const length =
    (event === undefined ? 0 : fieldLength(event.length)) +
    (link === undefined ? 0 : fieldLength(link.length)) +
    1 +
    varintLength(position);
  const message = Buffer.allocUnsafe(fieldLength(length));
  let at = writeFieldHeader(message, 0, 1, length);
  if (event !== undefined) at = writeBytesField(message, at, 1, event);
  if (link !== undefined) at = writeBytesField(message, at, 2, link);
  writeVarintField(message, at, 3, position);
  return frameMessage(message);
}

const readEvent = (event: ParsedEvent, recordedOf: (event: ParsedEvent) => Buffer): Buffer =>
  resolvedEvent(recordedOf(event), undefined, event.position);

/** The RecordedEvent with its id as UUID { structured: { most_significant_bits 1, least_significant_bits 2 } }. */
export function withStructuredId(event: ParsedEvent): Buffer {
  const id = Buffer.from(event.id);
  const halves = Buffer.concat([varint64Field(1, id.readBigUInt64BE(0)), varint64Field(2, id.readBigUInt64BE(8))]);
  return Buffer.concat([bytesField(1, bytesField(1, halves)), event.recordedAfterId]);
}
