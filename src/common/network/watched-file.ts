import { readFileSync, statSync } from 'node:fs';

/** A small system file, read again whenever it has changed; a missing or unreadable one counts as empty. */
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
      this.#value = this.parse(this.#readText());
      this.#version = version;
    }
    return this.#value;
  }

  #readVersion(): string {
    const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    return stat ? [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ') : '';
  }

  #readText(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return ''; // As the system's resolver treats it.
    }
  }
}
