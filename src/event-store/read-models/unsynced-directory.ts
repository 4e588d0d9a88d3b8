import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Given anew by Linux at each start of the machine. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** Holds the machine's boot id while a process works on the tables. */
const MARKER = 'in-use';
const DATA_FILE = 'data.mdb';

/**
 * A directory of tables that are not synced to the disk at each commit: a process that is killed loses nothing, for the system has the pages,
 * but a machine that stops may leave them in disorder. So it is noted under which start of the machine they are worked on, and tables that
 * were left by another start are removed: they are built anew from the streams.
 */
export class UnsyncedDirectory {
  private constructor(
    private readonly path: string,
    /** Whether commits need not be synced. Where the system does not tell its starts apart, they are. */
    readonly isUnsynced: boolean,
  ) {}

  /** Makes the directory where it is missing, and empties it where its tables cannot be trusted. */
  static open(path: string): UnsyncedDirectory {
    const bootId = readBootId();
    const marker = join(path, MARKER);
    if (existsSync(marker) && readFileSync(marker, 'utf8') !== bootId) rmSync(path, { recursive: true });
    mkdirSync(path, { recursive: true });
    if (bootId === undefined) return new UnsyncedDirectory(path, false);
    writeFileSync(marker, bootId);
    syncFile(marker);
    return new UnsyncedDirectory(path, true);
  }

  /** Call it when the tables are closed: what they hold reaches the disk, and may be trusted after any start. */
  close(): void {
    if (!this.isUnsynced) return;
    syncFile(join(this.path, DATA_FILE));
    rmSync(join(this.path, MARKER));
  }
}

function readBootId(): string | undefined {
  return existsSync(BOOT_ID) ? readFileSync(BOOT_ID, 'utf8').trim() : undefined;
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
