/** Whole numbers as bytes, small ones in one: 7 bits a byte, the lowest first, the top bit set on all but the last (LEB128). */

/** Bytes of a number of 53 bits at most. */
const LONGEST = 8;

export class VarintWriter {
  readonly #bytes: number[] = [];

  /** @param value a safe integer from 0 */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }

  /** @param value an integer of at most 52 bits and a sign; near 0 either side takes one byte (zigzag) */
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

  /** @throws Error for what is not base64 */
  constructor(base64: string) {
    this.#bytes = atob(base64);
  }

  get isAtEnd(): boolean {
    return this.#next === this.#bytes.length;
  }

  /** @throws Error where the bytes end within a number or it has more than 53 bits */
  unsigned(): number {
    let value = 0;
    for (let index = 0, scale = 1; index < LONGEST; index++, scale *= 0x80) {
      if (this.isAtEnd) throw new Error('the bytes end within a number');
      const byte = this.#bytes.charCodeAt(this.#next++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new Error('a number has more than 53 bits');
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
