import { readFileSync, statSync } from 'node:fs';
import { isOutOfDescriptors } from '../error-code.js';

/**
 * A small system file, read again whenever it has changed; a missing or unreadable one counts as empty. While no file
 * descriptor is left, the content that was read before counts, and the next call reads again.
 */
export class WatchedFile<Value> {
  #version: string | undefined;
  #value: Value | undefined;

  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => Value,
  ) {}

  read(): Value {
    // Before the content: a change between the two is found by the next call.
    const version = this.#readVersion();
    if (version !== this.#version || this.#value === undefined) {
      const text = this.#readText();
      if (text === undefined) return this.#value ?? this.parse('');
      this.#value = this.parse(text);
      this.#version = version;
    }
    return this.#value;
  }

  #readVersion(): string {
    const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    return stat ? [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ') : '';
  }

  /** Undefined if it cannot be told. */
  #readText(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      return isOutOfDescriptors(error) ? undefined : ''; // As the system's resolver treats it.
    }
  }
}
