import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../src/common/error-code.js';
import { sleep } from './eventually.js';

const BLOCK = Buffer.alloc(4_096);
/** Free bytes with which the store rejects events, and those with which tables and spool are not written either. */
const BELOW_EVENTS_BYTES = 7 * 1024 * 1024;
const BELOW_TABLES_BYTES = 3 * 1024 * 1024;
const RUNNING_WRITE_MS = 500;

/** A file system of its own with little room (tmpfs). */
export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'small-disk-'));
  /** Room for keys on another file system. */
  readonly keys = mkdtempSync(join(tmpdir(), 'small-disk-keys-'));
  readonly #filling = join(this.path, 'filling');

  /** @throws Error unless this process may mount */
  constructor(bytes: number) {
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', this.path], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tmpfs cannot be mounted: ${stderr}`);
  }

  /** Leaves no room, in steps: the last events reach the tables before these have no room either. */
  async fill(): Promise<void> {
    const file = openSync(this.#filling, 'a');
    try {
      for (const bytes of [BELOW_EVENTS_BYTES, BELOW_TABLES_BYTES]) {
        while (this.#freeBytes > bytes) writeSync(file, BLOCK);
        await sleep(RUNNING_WRITE_MS);
      }
      for (;;) writeSync(file, BLOCK);
    } catch (error) {
      if (!hasCode(error, 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
  }

  get #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  free(): void {
    rmSync(this.#filling, { force: true });
  }

  remove(): void {
    spawnSync('umount', ['-l', this.path]);
    for (const path of [this.path, this.keys]) rmSync(path, { recursive: true, force: true });
  }
}
