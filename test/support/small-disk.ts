import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK = Buffer.alloc(4_096);

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

  /** Leaves no room. */
  fill(): void {
    const file = openSync(this.#filling, 'a');
    try {
      for (;;) writeSync(file, BLOCK);
    } catch {
      // Full.
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#filling, { force: true });
  }

  remove(): void {
    spawnSync('umount', ['-l', this.path]);
    for (const path of [this.path, this.keys]) rmSync(path, { recursive: true, force: true });
  }
}
