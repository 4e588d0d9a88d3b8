/**
 * Variable-length integers: 7 bits per byte, least significant first, the top bit set on all but the last byte
 * (LEB128).
 */

/** Encoded length of a 53-bit integer. */
const MAX_BYTES = 8;

export class VarintWriter {
  readonly #bytes: number[] = [];

  /** @param value a safe integer, at least 0 */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }

  /** Zigzag encoding: small absolute values take one byte. @param value a signed integer of at most 52 bits */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  toBase64(): string {
    return btoa(this.#bytes.map((byte) => String.fromCharCode(byte)).join(''));
  }
}

export class VarintReader {
  readonly #bytes: string;
  #next = 0;

  /** @throws Error for invalid base64 */
  constructor(base64: string) {
    this.#bytes = atob(base64);
  }

  get isAtEnd(): boolean {
    return this.#next === this.#bytes.length;
  }

  /** @throws Error if the bytes end within an integer or the integer exceeds 53 bits */
  unsigned(): number {
    let value = 0;
    for (let index = 0, scale = 1; index < MAX_BYTES; index++, scale *= 0x80) {
      if (this.isAtEnd) throw new Error('columns end within an integer');
      const byte = this.#bytes.charCodeAt(this.#next++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new Error('columns contain an integer of more than 53 bits');
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
