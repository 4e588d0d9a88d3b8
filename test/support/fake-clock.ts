import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIBRARIES = '/usr/lib';
const LIBRARY = 'faketime/libfaketime.so.1';

/** A wall clock of processes that is set while they run, by libfaketime; their monotonic clock stays as it is. */
export class FakeClock {
  readonly #directory = mkdtempSync(join(tmpdir(), 'clock-'));
  readonly #file = join(this.#directory, 'offset');

  constructor() {
    this.set(0);
  }

  /** Variables for the processes. @throws Error if libfaketime is not installed */
  get environment(): Readonly<Record<string, string>> {
    const library = readdirSync(LIBRARIES)
      .map((entry) => join(LIBRARIES, entry, LIBRARY))
      .find((path) => existsSync(path));
    if (library === undefined) throw new Error('libfaketime is not installed: apt-get install faketime');
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param seconds by which the clock is ahead of the system's; negative: behind */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
