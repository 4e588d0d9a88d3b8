import { GRPC_PREFIX_BYTES } from '../storage/wire-format.js';
import { GrpcError, StatusCode } from './status.js';

/** The largest request message: an append of 16 MiB and its envelope. */
export const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** First size of the buffer of an incomplete message. */
const FIRST_BUFFER_BYTES = 1024;

/** Bytes in memory for each byte of a message that is passed on as a view of them; otherwise it is copied. */
const MAX_BYTES_PER_VIEWED_BYTE = 4;

/**
 * Splits the bytes of a request into gRPC messages. Buffers at most one incomplete message, in one buffer: bytes that
 * arrive one by one take no more memory than others.
 */
export class MessageReader {
  /** The incomplete message with its prefix; it grows as its bytes arrive, not by the length that it claims. */
  #buffer: Buffer = NOTHING;
  #length = 0;
  #needed = GRPC_PREFIX_BYTES;

  constructor(private readonly maxMessageBytes: number) {}

  /**
   * Adds bytes and returns the messages that are complete, as views where possible.
   * @throws GrpcError if a message is compressed or too large
   */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#length === 0) {
        const message = this.#messageAt(chunk, at);
        if (message !== undefined) {
          messages.push(compact(message));
          at += GRPC_PREFIX_BYTES + message.length;
          continue;
        }
      }
      at += this.#fill(chunk, at);
      if (this.#length === GRPC_PREFIX_BYTES) this.#needed = GRPC_PREFIX_BYTES + this.#messageLength(this.#buffer, 0);
      if (this.#length === this.#needed) messages.push(this.#take());
    }
    return messages;
  }

  /** Whether an incomplete message is buffered. */
  get isIncomplete(): boolean {
    return this.#length > 0;
  }

  /** Drops the incomplete message. */
  clear(): void {
    this.#buffer = NOTHING;
    this.#length = 0;
    this.#needed = GRPC_PREFIX_BYTES;
  }

  /** Memory of the incomplete message. */
  get bufferedBytes(): number {
    return this.#buffer.length;
  }

  /** The message that is complete at this offset of the chunk. */
  #messageAt(chunk: Buffer, at: number): Buffer | undefined {
    const start = at + GRPC_PREFIX_BYTES;
    if (start > chunk.length) return undefined;
    const length = this.#messageLength(chunk, at);
    return start + length > chunk.length ? undefined : chunk.subarray(start, start + length);
  }

  /** Buffers bytes of the chunk, up to the end of the prefix or of the message. @returns how many */
  #fill(chunk: Buffer, at: number): number {
    const wanted = this.#length + Math.min(this.#needed - this.#length, chunk.length - at);
    if (wanted > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(this.#needed, Math.max(wanted, 2 * this.#buffer.length, FIRST_BUFFER_BYTES)),
      );
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    const added = chunk.copy(this.#buffer, this.#length, at, at + wanted - this.#length);
    this.#length = wanted;
    return added;
  }

  #take(): Buffer {
    const message = this.#buffer.subarray(GRPC_PREFIX_BYTES, this.#length);
    this.clear();
    return message;
  }

  #messageLength(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0) throw new GrpcError(StatusCode.UNIMPLEMENTED, 'Compressed messages are not supported.');
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.maxMessageBytes)
      throw new GrpcError(
        StatusCode.RESOURCE_EXHAUSTED,
        `Received message exceeds the maximum configured message size (${length} vs. ${this.maxMessageBytes}).`,
      );
    return length;
  }
}

/** A message that does not keep much more than itself in memory: node:http2 reads up to 64 KiB of all calls at once. */
function compact(message: Buffer): Buffer {
  return message.buffer.byteLength > MAX_BYTES_PER_VIEWED_BYTE * message.length ? Buffer.from(message) : message;
}
