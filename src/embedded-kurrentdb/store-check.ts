import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { EmbeddedKurrentDBError, StoreDamagedError } from './errors.js';
import { walkStore } from './maintenance.js';
import { requireSupportedFormat, STORE_FILE } from './storage/store-file.js';

/** Exists from a start after an unclean end until the store has proved sound. */
const MARKER = 'unverified';
/** A process that dies earlier may have died of the store. */
const PROBATION_MS = 60_000;
/** The start waits for the visit of a smaller file: about 0.2 s. */
const WAITED_BYTES = 64 * 1024 * 1024;

/**
 * Visits the tables of a store whose last process died, in a process of their own, because LMDB may end the one that
 * reads a damaged page. The server of a large store does not wait, since that takes 0.4 s per million events, and
 * longer from a disk; only if it dies again soon, the next start waits.
 */
export class StoreCheck {
  readonly #stopping = new AbortController();

  private constructor(
    private readonly directory: string,
    private isSound: boolean,
  ) {}

  /**
   * Undefined for a store that was closed.
   *
   * @throws StoreDamagedError
   * @throws EmbeddedKurrentDBError if the store is of another version
   */
  static async begin(directory: string, wasLeft: boolean): Promise<StoreCheck | undefined> {
    const marker = join(directory, MARKER);
    const file = join(directory, STORE_FILE);
    const isMarked = existsSync(marker);
    if (!existsSync(file) || !(wasLeft || isMarked)) return undefined;
    try {
      requireSupportedFormat(directory);
    } catch (error) {
      throw new EmbeddedKurrentDBError(error instanceof Error ? error.message : String(error), { cause: error });
    }
    if (!isMarked) writeFileSync(marker, '', { mode: 0o600 });
    const mustWait = (wasLeft && isMarked) || statSync(file).size <= WAITED_BYTES;
    const check = new StoreCheck(directory, false);
    if (mustWait) await check.#walk('walk');
    return check;
  }

  /** Visits the tables beside the server, if that was not done before it. @throws StoreDamagedError */
  async finish(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      if (!this.isSound) await this.#walk('walk-beside');
      await setTimeout(PROBATION_MS, undefined, { ref: false, signal });
      this.#end();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The server stops by request: it has not died of the store. */
  stop(): void {
    this.#stopping.abort();
    if (this.isSound) this.#end();
  }

  async #walk(task: 'walk' | 'walk-beside'): Promise<void> {
    const { isSound, output } = await walkStore(this.directory, task, this.#stopping.signal);
    this.#stopping.signal.throwIfAborted();
    if (!isSound) throw new StoreDamagedError(this.directory, output);
    this.isSound = true;
  }

  #end(): void {
    rmSync(join(this.directory, MARKER), { force: true });
  }
}
