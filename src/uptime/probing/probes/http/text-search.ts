/** Looks for a text in bytes that come in pieces, of which it keeps no more than the text is long. */
export class TextSearch {
  readonly #wanted: Buffer;
  #tail: Buffer = Buffer.alloc(0);

  /** @param text UTF-8 where it comes as bytes */
  constructor(text: string) {
    this.#wanted = Buffer.from(text);
  }

  /** @returns whether the text has come, with this piece */
  finds(piece: Buffer): boolean {
    const seen = Buffer.concat([this.#tail, piece]);
    this.#tail = seen.subarray(Math.max(0, seen.length - this.#wanted.length + 1));
    return seen.includes(this.#wanted);
  }
}
