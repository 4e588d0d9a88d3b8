import { LINK_TYPE, parseLink } from '../../log/index.js';
import { linkedEvent } from '../runtime/source-reader.js';
import { type DeliveryOptions } from '../runtime/subscriber.js';
import { type ParsedEvent, parseEventFrame } from '../../storage/event-frame.js';
import { bytesField, frameMessage, varint64Field } from '../../storage/wire-format.js';
import { persistentSubscriptions } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { withStructuredId } from '../../grpc/streams/event-encoder.js';

const { RecordedEvent } = persistentSubscriptions.ReadResp.ReadEvent;

/** Fields of ReadResp and of its ReadEvent. */
const RESPONSE_EVENT_FIELD = 1;
const EVENT_FIELD = 1;
const LINK_FIELD = 2;
const COMMIT_POSITION_FIELD = 3;
const RETRY_COUNT_FIELD = 5;

/**
 * Encodes a stored event as a framed ReadResp for a consumer. The RecordedEvent has the same fields as that of a read
 * and is copied. If a link is resolved, both the event and the link carry the link's positions, unlike in a read
 * [consume.stream.links]. A link whose event is not visible is sent without it; a malformed link is sent as an ordinary
 * event.
 */
export function deliveredEvent(
  context: ServerContext,
  frame: Buffer,
  { resolveLinks, retryCount, structuredIds }: DeliveryOptions & { readonly structuredIds: boolean },
): Buffer {
  const recordedOf = structuredIds ? withStructuredId : (event: ParsedEvent): Buffer => event.recorded;
  const stored = parseEventFrame(frame);
  const { position } = stored;
  const trailingFields = [
    varint64Field(COMMIT_POSITION_FIELD, BigInt(position)),
    varint64Field(RETRY_COUNT_FIELD, BigInt(retryCount)),
  ];
  if (!resolveLinks || stored.type !== LINK_TYPE || parseLink(stored.data.toString('utf8')) === undefined) {
    return readResponse([bytesField(EVENT_FIELD, recordedOf(stored)), ...trailingFields]);
  }
  const link = bytesField(LINK_FIELD, recordedOf(stored)); // a copy: the read overwrites its memory
  const target = linkedEvent(context, stored);
  return readResponse([
    ...(target === undefined ? [] : [bytesField(EVENT_FIELD, withPosition(position, recordedOf(target)))]),
    link,
    ...trailingFields,
  ]);
}

const readResponse = (fields: readonly Buffer[]): Buffer =>
  frameMessage(bytesField(RESPONSE_EVENT_FIELD, Buffer.concat(fields)));

function withPosition(position: number, recorded: Buffer): Uint8Array {
  return RecordedEvent.deserializeBinary(recorded)
    .setPreparePosition(String(position))
    .setCommitPosition(String(position))
    .serializeBinary();
}
