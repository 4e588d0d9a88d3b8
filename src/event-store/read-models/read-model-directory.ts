import { join } from 'node:path';
import { isOutOfDescriptors } from '../../common/error-code.js';
import { checkPages } from '../../common/lmdb/page-check.js';
import { DATA_FILE, SealedDirectory } from '../../common/sealed-directory.js';
import { hasFreeSpace } from '../../common/storage-full.js';

/**
 * Directory of a read model's tables. Those that cannot be trusted are set aside, and rebuilt from the streams: so
 * their commits need no sync. On a full disk, the tables of a process that was killed are used if their pages are sound.
 */
export class ReadModelDirectory {
  #problem: string | undefined;

  private constructor(private readonly directory: SealedDirectory) {
    if (directory.problem === undefined) return;
    if (directory.wasLeft && !hasFreeSpace(directory.path) && isSound(directory.path))
      this.#problem = `The tables are used as they are: ${directory.problem}, and the disk has no room to rebuild them`;
    else this.#setAside(directory.problem);
  }

  /** Why the tables were not trusted, and what was done; undefined if they were. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Creates the directory if it is missing.
   *
   * @throws Error if another process uses it: two that apply the same events would count them twice
   */
  static open(path: string): ReadModelDirectory {
    return new ReadModelDirectory(SealedDirectory.open(path));
  }

  /** Opens the tables; tables that cannot be opened are set aside. */
  openTables<Tables>(open: (path: string) => Tables): Tables {
    const { path } = this.directory;
    try {
      return open(path);
    } catch (error) {
      if (isOutOfDescriptors(error)) throw error;
      this.#setAside(`they cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
      return open(path);
    }
  }

  /** Releases the directory after its tables were closed. @throws Error as {@link SealedDirectory.close} */
  close(): void {
    this.directory.close();
  }

  /** Removes the directory. */
  remove(): void {
    this.directory.remove();
  }

  #setAside(problem: string): void {
    this.#problem = `The tables are rebuilt from the streams: ${problem}; ${this.directory.setAside()}`;
  }
}

function isSound(path: string): boolean {
  try {
    checkPages(join(path, DATA_FILE));
    return true;
  } catch {
    return false; // damaged, or not readable
  }
}
