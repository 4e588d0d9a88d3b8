import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbSpool } from '../../src/uptime/probing/lmdb-spool.js';

/** An LMDB spool in a temporary directory. */
export class TemporarySpool {
  #directory: string | undefined;
  #open: LmdbSpool | undefined;

  /** The same instance until {@link restart}. */
  open(maxBytes = 1_000_000, holder = 'prober1'): LmdbSpool {
    this.#open ??= new LmdbSpool(this.directory, maxBytes, holder);
    return this.#open;
  }

  get directory(): string {
    return (this.#directory ??= mkdtempSync(join(tmpdir(), 'uptime-spool-')));
  }

  /** Closes the spool, as at the end of the process. */
  async restart(): Promise<void> {
    await this.#open?.close();
    this.#open = undefined;
  }

  /** Deletes the spool; the next one is empty. */
  async remove(): Promise<void> {
    await this.restart();
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true });
    this.#directory = undefined;
  }
}
