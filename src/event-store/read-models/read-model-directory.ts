import { isOutOfDescriptors } from '../../common/error-code.js';
import { SealedDirectory } from '../../common/sealed-directory.js';

/**
 * Directory of a read model's tables. Those that cannot be trusted are set aside, and rebuilt from the streams: so
 * their commits need no sync.
 */
export class ReadModelDirectory {
  #problem: string | undefined;

  private constructor(private readonly directory: SealedDirectory) {
    if (directory.problem !== undefined) this.#setAside(directory.problem);
  }

  /** Why the tables were set aside, and where they are; undefined if they were not. */
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
    this.#problem = `${problem}; ${this.directory.setAside()}`;
  }
}
