/** Searches a string in chunks of a stream, buffering less than its length. */
export class TextSearch {
  readonly #text: Buffer;
  #tail: Buffer = Buffer.alloc(0);

  /** @param text searched in its UTF-8 encoding */
  constructor(text: string) {
    this.#text = Buffer.from(text);
  }

  /** @returns whether the chunk completes a match */
  push(chunk: Buffer): boolean {
    const searched = Buffer.concat([this.#tail, chunk]);
    this.#tail = searched.subarray(Math.max(0, searched.length - this.#text.length + 1));
    return searched.includes(this.#text);
  }
}
