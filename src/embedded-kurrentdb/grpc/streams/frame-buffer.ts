/** Bytes after which a buffer is sent; a larger event gets its own buffer. */
const BUFFER_BYTES = 64 * 1024;

/** Collects frames, so that many events are sent by one write. */
export class FrameBuffer {
  #buffer: Buffer | undefined;
  #length = 0;

  /** Copies the frame: it may be a view of memory that the next read overwrites. */
  add(frame: Uint8Array): void {
    const buffer = this.#ensureCapacity(frame.length);
    buffer.set(frame, this.#length);
    this.#length += frame.length;
  }

  get isFull(): boolean {
    return this.#length >= BUFFER_BYTES;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Returns the collected frames and clears the buffer. */
  take(): Buffer {
    const taken = (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#length);
    this.#buffer = undefined;
    this.#length = 0;
    return taken;
  }

  #ensureCapacity(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (this.#buffer !== undefined && needed <= this.#buffer.length) return this.#buffer;
    // Most buffers are small, such as a single live event: they start without a large allocation.
    const larger = Buffer.allocUnsafe(
      Math.max(needed, this.#length === 0 ? 0 : Math.min(4 * needed, BUFFER_BYTES + bytes)),
    );
    if (this.#buffer !== undefined) this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return larger;
  }
}
