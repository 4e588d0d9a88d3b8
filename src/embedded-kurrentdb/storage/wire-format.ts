/**
 * Protobuf and gRPC framing for the hot paths: varints, length-delimited fields, the five bytes before each message.
 * Everything else uses the generated classes.
 */
export const GRPC_PREFIX_BYTES = 5;

const VARINT = 0;
const LENGTH_DELIMITED = 2;

const HIGH = 2 ** 32;

/** Encoded length of a varint; the value must be a safe integer. */
export function varintLength(value: number): number {
  let length = 1;
  let rest = value;
  while (rest >= 128) {
    rest = rest >= HIGH ? Math.floor(rest / 128) : rest >>> 7;
    length++;
  }
  return length;
}

/** Writes a varint and returns the offset after it. */
function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128) {
    target[at++] = (rest % 128) | 128;
    rest = rest >= HIGH ? Math.floor(rest / 128) : rest >>> 7;
  }
  target[at++] = rest;
  return at;
}

/** Encoded length of a length-delimited field with a one-byte tag. */
export const fieldLength = (contentLength: number): number => 1 + varintLength(contentLength) + contentLength;

/** Writes tag and length of a length-delimited field; returns the offset of its content. */
export function writeFieldHeader(
  target: Uint8Array,
  offset: number,
  fieldNumber: number,
  contentLength: number,
): number {
  target[offset] = (fieldNumber << 3) | LENGTH_DELIMITED;
  return writeVarint(target, offset + 1, contentLength);
}

export function writeBytesField(target: Uint8Array, offset: number, fieldNumber: number, content: Uint8Array): number {
  const at = writeFieldHeader(target, offset, fieldNumber, content.length);
  target.set(content, at);
  return at + content.length;
}

export function writeVarintField(target: Uint8Array, offset: number, fieldNumber: number, value: number): number {
  target[offset] = (fieldNumber << 3) | VARINT;
  return writeVarint(target, offset + 1, value);
}

/** Writes the prefix of a gRPC message: uncompressed, and its length. */
export function writeGrpcPrefix(target: Buffer, offset: number, messageLength: number): number {
  target[offset] = 0;
  target.writeUInt32BE(messageLength, offset + 1);
  return offset + GRPC_PREFIX_BYTES;
}

/** A message with its gRPC prefix. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + message.length);
  frame.set(message, writeGrpcPrefix(frame, 0, message.length));
  return frame;
}

/** A varint field with all 64 bits. */
export function varint64Field(fieldNumber: number, value: bigint): Buffer {
  const bytes = [fieldNumber << 3];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A length-delimited field. */
export function bytesField(fieldNumber: number, content: Uint8Array): Buffer {
  const field = Buffer.allocUnsafe(fieldLength(content.length));
  writeBytesField(field, 0, fieldNumber, content);
  return field;
}

export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** Cursor over the fields of a message, without copying. Every length is checked: the bytes are untrusted. */
export class FieldReader {
  #at: number;
  fieldNumber = 0;
  wireType = 0;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.#at = start;
  }

  /** Moves to the next field; false at the end. */
  next(): boolean {
    if (this.#at >= this.end) return false;
    const tag = this.varint();
    this.fieldNumber = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** The value of a varint field; values beyond 2^53 lose precision. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#at >= this.end) throw new MalformedMessageError('the message ends inside a varint');
      const byte = this.bytes[this.#at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new MalformedMessageError('a varint is longer than 64 bits');
  }

  /** The value of a varint field, all 64 bits of it. */
  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.end) throw new MalformedMessageError('the message ends inside a varint');
      const byte = this.bytes[this.#at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new MalformedMessageError('a varint is longer than 64 bits');
  }

  /** The content of a length-delimited field, as a view of the message. */
  content(): Buffer {
    const length = this.varint();
    const start = this.#at;
    if (this.wireType !== LENGTH_DELIMITED || length > this.end - start)
      throw new MalformedMessageError('a field exceeds its message');
    this.#at = start + length;
    return this.bytes.subarray(start, this.#at);
  }

  skip(): void {
    switch (this.wireType) {
      case VARINT:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case LENGTH_DELIMITED:
        this.#advance(this.varint());
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new MalformedMessageError(`unknown wire type ${this.wireType}`);
    }
  }

  #advance(length: number): void {
    if (length > this.end - this.#at) throw new MalformedMessageError('a field exceeds its message');
    this.#at += length;
  }
}
