/** Bytes after which a page is sent; a larger event gets a page of its own. */
const PAGE_BYTES = 64 * 1024;

/** Gathers ready-made frames into one buffer, so that many events go out in one write. */
export class FrameBuffer {
  #buffer: Buffer | undefined;
  #length = 0;

  /** Copies the frame: it may be a view of memory that the next read overwrites. */
  add(frame: Uint8Array): void {
    const buffer = this.#withRoomFor(frame.length);
    buffer.set(frame, this.#length);
    this.#length += frame.length;
  }

  get isFull(): boolean {
    return this.#length >= PAGE_BYTES;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** What was gathered; the page is empty afterwards. */
  take(): Buffer {
    const taken = (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#length);
    this.#buffer = undefined;
    this.#length = 0;
    return taken;
  }

  #withRoomFor(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (this.#buffer !== undefined && needed <= this.#buffer.length) return this.#buffer;
    // Most pages are small: a single event, a live one. They do not take a large buffer.
    const larger = Buffer.allocUnsafe(
      Math.max(needed, this.#length === 0 ? 0 : Math.min(4 * needed, PAGE_BYTES + bytes)),
    );
    if (this.#buffer !== undefined) this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return larger;
  }
}
