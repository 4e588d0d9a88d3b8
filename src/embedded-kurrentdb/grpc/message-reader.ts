import { GRPC_PREFIX_BYTES } from '../storage/wire-format.js';
import { GrpcError, StatusCode } from './status.js';

/** The largest request message: an append of 16 MiB and its envelope. */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

/** Splits the bytes of a request into gRPC messages. Buffers at most one incomplete message. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = GRPC_PREFIX_BYTES;

  /**
   * Adds bytes and returns the messages that are complete, as views where possible.
   * @throws GrpcError if a message is compressed or too large
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return [];
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#buffered);
    const messages: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= GRPC_PREFIX_BYTES) {
      const length = this.#messageLength(bytes, at);
      if (bytes.length - at - GRPC_PREFIX_BYTES < length) {
        this.#needed = GRPC_PREFIX_BYTES + length;
        return this.#keep(bytes.subarray(at), messages);
      }
      messages.push(bytes.subarray(at + GRPC_PREFIX_BYTES, at + GRPC_PREFIX_BYTES + length));
      at += GRPC_PREFIX_BYTES + length;
    }
    this.#needed = GRPC_PREFIX_BYTES;
    return this.#keep(bytes.subarray(at), messages);
  }

  /** Whether an incomplete message is buffered. */
  get isIncomplete(): boolean {
    return this.#buffered > 0;
  }

  #keep(rest: Buffer, messages: Buffer[]): Buffer[] {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    return messages;
  }

  #messageLength(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0) throw new GrpcError(StatusCode.UNIMPLEMENTED, 'Compressed messages are not supported.');
    const length = bytes.readUInt32BE(at + 1);
    if (length > MAX_MESSAGE_BYTES)
      throw new GrpcError(
        StatusCode.RESOURCE_EXHAUSTED,
        `Received message exceeds the maximum configured message size (${length} vs. ${MAX_MESSAGE_BYTES}).`,
      );
    return length;
  }
}
