import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import fc from 'fast-check';
import { appendHeader, encodeEventFrame, parseEventFrame, TOMBSTONE_REVISION } from './event-frame.js';
import { eventIdToString, parseEventId } from './event-id.js';
import { GRPC_PREFIX_BYTES } from './wire-format.js';

const id = fc.uuid().map((text) => parseEventId(Buffer.from(text)) ?? Buffer.alloc(16));
const bytes = fc.uint8Array({ maxLength: 300 });
const content = fc.record({
  id,
  type: fc.string({ minLength: 1 }).map((text) => Buffer.from(text)),
  isJson: fc.boolean(),
  customMetadata: bytes,
  data: bytes,
});
const uint48 = fc.maxSafeNat().map((n) => Math.min(n, 2 ** 48 - 1));

describe('a stored event', () => {
  it('can be decoded by the generated classes of the client, and parses to what was encoded', () => {
    fc.assert(
      fc.property(
        content,
        fc.string({ minLength: 1 }),
        uint48,
        uint48,
        fc.nat(),
        (event, streamName, revision, position, createdMs) => {
          const frame = encodeEventFrame(appendHeader(streamName, createdMs), event, revision, position);
          expect(frame.readUInt32BE(1)).toBe(frame.length - GRPC_PREFIX_BYTES);

          const read = streamsPb.ReadResp.deserializeBinary(frame.subarray(GRPC_PREFIX_BYTES)).getEvent();
          const recorded = read?.getEvent();
          expect(read?.getCommitPosition()).toBe(String(position));
          expect(recorded?.getId()?.getString()).toBe(eventIdToString(event.id));
          expect(recorded?.getStreamRevision()).toBe(String(revision));
          expect([recorded?.getPreparePosition(), recorded?.getCommitPosition()]).toEqual([
            String(position),
            String(position),
          ]);
          expect(Buffer.from(recorded?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe(
            Buffer.from(streamName).toString(),
          );
          expect(recorded?.getMetadataMap().get('type')).toBe(event.type.toString());
          expect(recorded?.getMetadataMap().get('created')).toBe(`${createdMs}0000`);
          expect(recorded?.getMetadataMap().get('content-type')).toBe(
            event.isJson ? 'application/json' : 'application/octet-stream',
          );
          expect(Buffer.compare(recorded?.getData_asU8() ?? Buffer.of(1), event.data)).toBe(0);
          expect(Buffer.compare(recorded?.getCustomMetadata_asU8() ?? Buffer.of(1), event.customMetadata)).toBe(0);

          const parsed = parseEventFrame(frame);
          expect(parsed).toMatchObject({
            streamName: Buffer.from(streamName).toString(),
            revision,
            position,
            type: event.type.toString(),
            isJson: event.isJson,
            createdMs,
          });
          expect(Buffer.compare(parsed.id, event.id)).toBe(0);
          expect(Buffer.compare(parsed.data, event.data)).toBe(0);
        },
      ),
    );
  });

  it('of a tombstone has the maximum revision', () => {
    const event = {
      id: Buffer.alloc(16, 7),
      type: Buffer.from('$streamDeleted'),
      isJson: false,
      customMetadata: Buffer.alloc(0),
      data: Buffer.alloc(0),
    };
    const frame = encodeEventFrame(appendHeader('s', 1), event, TOMBSTONE_REVISION, 9);
    expect(
      streamsPb.ReadResp.deserializeBinary(frame.subarray(GRPC_PREFIX_BYTES))
        .getEvent()
        ?.getEvent()
        ?.getStreamRevision(),
    ).toBe('9223372036854775807');
    expect(parseEventFrame(frame).revision).toBe(TOMBSTONE_REVISION);
  });
});

describe('an event id', () => {
  it('is parsed in either case and formatted in lower case', () => {
    const text = 'C0FFEE00-1234-4ABC-8DEF-0123456789AB';
    expect(eventIdToString(parseEventId(Buffer.from(text)) ?? Buffer.alloc(16))).toBe(text.toLowerCase());
  });

  it.each([
    '',
    'nonsense',
    'c0ffee0012344abc8def0123456789ab',
    'c0ffee00-1234-4abc-8def-0123456789ag',
    'c0ffee0-01234-4abc-8def-0123456789ab',
  ])('is invalid if it is "%s"', (text) => {
    expect(parseEventId(Buffer.from(text))).toBeUndefined();
  });
});
