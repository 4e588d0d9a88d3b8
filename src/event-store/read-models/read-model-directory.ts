import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryLock, LOCK_FILE } from '../../common/directory-lock.js';

const DATA_FILE = 'data.mdb';

/**
 * Locked directory of LMDB tables that are not synced to the disk at each commit. Such tables survive the end of the process,
 * because the system has their pages, but may be corrupt after a crash of the machine: those of an earlier boot that were not
 * closed are removed, and rebuilt from the streams.
 */
export class ReadModelDirectory {
  private constructor(
    private readonly path: string,
    private readonly lock: DirectoryLock,
  ) {}

  /**
   * Creates the directory if it is missing, and empties it if its tables may be corrupt.
   *
   * @throws Error if another process uses it: two that apply the same events would count them twice
   */
  static open(path: string): ReadModelDirectory {
    const lock = DirectoryLock.acquire(path, (isOfEarlierBoot) => {
      if (!isOfEarlierBoot) return;
      for (const entry of readdirSync(path)) if (entry !== LOCK_FILE) rmSync(join(path, entry), { recursive: true });
    });
    return new ReadModelDirectory(path, lock);
  }

  /** Whether commits may omit the sync: without boot ids, tables of an earlier boot could not be detected. */
  get isUnsynced(): boolean {
    return this.lock.bootId !== undefined;
  }

  /** Syncs the tables to the disk and releases the lock. Call it after the tables are closed. */
  close(): void {
    const data = join(this.path, DATA_FILE);
    if (this.isUnsynced && existsSync(data)) syncFile(data);
    this.lock.release();
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
