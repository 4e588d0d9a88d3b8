import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryLock } from '../../common/directory-lock.js';
import { fileChecksum } from '../../common/file-checksum.js';
import { setAside } from '../../common/set-aside.js';

const DATA_FILE = 'data.mdb';
/** Checksum of the tables as they were closed; missing after version 0.1.0. */
const CHECKSUM_FILE = 'checksum';

/**
 * Locked directory of LMDB tables. They are trusted only as they were closed: LMDB does not detect damage, but ends the process
 * or reads something else. Tables that a process left when it died, or that changed since they were closed, are set aside, and
 * rebuilt from the streams. So their commits need no sync.
 */
export class ReadModelDirectory {
  #problem: string | undefined;

  private constructor(
    private readonly path: string,
    private readonly lock: DirectoryLock,
  ) {}

  /** Why and where to the tables were set aside; undefined if they were not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Creates the directory if it is missing, and sets its tables aside if they cannot be trusted.
   *
   * @throws Error if another process uses it: two that apply the same events would count them twice
   */
  static open(path: string): ReadModelDirectory {
    const lock = DirectoryLock.acquire(path);
    const directory = new ReadModelDirectory(path, lock);
    const problem = problemOf(path, lock.wasLeft);
    if (problem !== undefined) directory.#setAside(problem);
    rmSync(join(path, CHECKSUM_FILE), { force: true });
    return directory;
  }

  /** Opens the tables; tables that cannot be opened are set aside. */
  openTables<Tables>(open: (path: string) => Tables): Tables {
    try {
      return open(this.path);
    } catch (error) {
      this.#setAside(`they cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
      return open(this.path);
    }
  }

  /**
   * Writes the checksum of the tables and releases the lock. Call it after the tables are closed.
   *
   * @throws Error if the tables or their checksum cannot be written: the next process rebuilds them
   */
  close(): void {
    const data = join(this.path, DATA_FILE);
    if (existsSync(data)) {
      syncFile(data);
      writeFileSync(join(this.path, CHECKSUM_FILE), fileChecksum(data), { flush: true });
    }
    this.lock.release();
  }

  /** Removes the directory and releases the lock. */
  remove(): void {
    rmSync(this.path, { recursive: true });
    this.lock.release();
  }

  #setAside(problem: string): void {
    this.#problem = `${problem}; what was there is kept in ${setAside(this.path)}`;
  }
}

function problemOf(path: string, wasLeft: boolean): string | undefined {
  const data = join(path, DATA_FILE);
  if (!existsSync(data)) return undefined;
  if (wasLeft) return 'the process that used them last ended without closing them';
  const checksum = join(path, CHECKSUM_FILE);
  if (!existsSync(checksum) || readFileSync(checksum, 'utf8') === fileChecksum(data)) return undefined;
  return `${data} is damaged: it changed since it was closed`;
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
