/** Maximum nesting of arrays and objects; the body itself is level 1. */
export const MAX_JSON_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** First limit that is exceeded. */
export type JsonExcess = 'depth' | 'values';

/**
 * Counts levels, values and names of members of JSON chunk by chunk, before anything of it exists as an object:
 * parsing a megabyte of `[` takes most of a second, counting to the 65th takes nothing.
 *
 * It does not check the syntax, which the parser does: of invalid JSON, it may count too much.
 */
export class JsonScan {
  #depth = 0;
  #values = 1;
  #members = 0;
  #isInString = false;
  #isEscaped = false;

  constructor(private readonly maxValues: number) {}

  /** Upper bound of the values and names of members so far, nested ones included. */
  get values(): number {
    return this.#values;
  }

  /** Number of members of objects so far, repeated ones included. */
  get members(): number {
    return this.#members;
  }

  /** Continues with the next bytes of the text in UTF-8. */
  next(chunk: Uint8Array): JsonExcess | undefined {
    for (let at = 0; at < chunk.length; at++) {
      if (this.#isInString) {
        at = this.#skipString(chunk, at);
        continue;
      }
      switch (chunk[at]) {
        case QUOTE:
          this.#isInString = true;
          break;
        case OPEN_ARRAY:
        case OPEN_OBJECT:
          if (++this.#depth > MAX_JSON_DEPTH) return 'depth';
          if (++this.#values > this.maxValues) return 'values';
          break;
        case CLOSE_ARRAY:
        case CLOSE_OBJECT:
          this.#depth--;
          break;
        case COLON:
          this.#members++;
          if (++this.#values > this.maxValues) return 'values';
          break;
        case COMMA:
          if (++this.#values > this.maxValues) return 'values';
          break;
        default:
      }
    }
    return undefined;
  }

  /** @returns the index of the closing quote, or the end of the chunk */
  #skipString(chunk: Uint8Array, from: number): number {
    let at = from;
    for (; at < chunk.length; at++) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (chunk[at] === BACKSLASH) this.#isEscaped = true;
      else if (chunk[at] === QUOTE) {
        this.#isInString = false;
        break;
      }
    }
    return at;
  }
}
