import fc from 'fast-check';
import { frameMessage } from '../storage/wire-format.js';
import { MessageReader } from './message-reader.js';

const MAX_BYTES = 100_000;

/** Cuts bytes at these places. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe('MessageReader', () => {
  it('returns the same messages however their bytes arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (messages, cuts) => {
          const reader = new MessageReader(MAX_BYTES);
          const bytes = Buffer.concat(messages.map(frameMessage));
          const read = chunksOf(bytes, cuts).flatMap((chunk) => reader.push(chunk));
          expect(read.map((message) => [...message])).toEqual(messages.map((message) => [...message]));
          expect(reader.isIncomplete).toBe(false);
          expect(reader.bufferedBytes).toBe(0);
        },
      ),
    );
  });

  it('buffers the bytes that have arrived, not those that a prefix claims', () => {
    const reader = new MessageReader(MAX_BYTES);
    const bytes = frameMessage(Buffer.alloc(MAX_BYTES));
    for (let at = 0; at < 10_000; at++) expect(reader.push(bytes.subarray(at, at + 1))).toEqual([]);
    expect(reader.isIncomplete).toBe(true);
    expect(reader.bufferedBytes).toBeLessThanOrEqual(20_000);
    expect(reader.push(bytes.subarray(10_000))).toEqual([Buffer.alloc(MAX_BYTES)]);
  });

  it('does not keep what was read with a small message', () => {
    const [message] = new MessageReader(MAX_BYTES).push(
      Buffer.concat([frameMessage(Buffer.of(1)), Buffer.alloc(65_000)]),
    );
    expect(message).toEqual(Buffer.of(1));
    expect(message?.buffer.byteLength).toBeLessThan(10_000);
  });

  it('rejects a message by its prefix', () => {
    const tooLarge = Buffer.alloc(5);
    tooLarge.writeUInt32BE(MAX_BYTES + 1, 1);
    expect(() => new MessageReader(MAX_BYTES).push(tooLarge)).toThrow('exceeds the maximum');
    expect(() => new MessageReader(MAX_BYTES).push(Buffer.of(1, 0, 0, 0, 0))).toThrow('Compressed');
  });
});
