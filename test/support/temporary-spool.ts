import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbSpool } from '../../src/uptime/probing/lmdb-spool.js';

/** A real spool in a directory of its own. */
export class TemporarySpool {
  #directory: string | undefined;
  #open: LmdbSpool | undefined;

  /** The same one until {@link restart}. */
  open(mostBytes = 1_000_000, holder = 'prober1'): LmdbSpool {
    this.#directory ??= mkdtempSync(join(tmpdir(), 'uptime-spool-'));
    this.#open ??= new LmdbSpool(this.#directory, mostBytes, holder);
    return this.#open;
  }

  get lockFile(): string {
    return join(this.#directory ?? '', 'in-use');
  }

  /** As when the process ends and another one begins. */
  async restart(): Promise<void> {
    await this.#open?.close();
    this.#open = undefined;
  }

  /** Forgets all of it; the next one is empty. */
  async remove(): Promise<void> {
    await this.restart();
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true });
    this.#directory = undefined;
  }
}
