import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { hasCode } from './error-code.js';
import { isRunning, type ProcessIdentity, thisProcess } from './process-identity.js';

/** Exists while the directory is used, and after a process that ended without releasing it. */
export const LOCK_FILE = 'in-use';

/** Content of the lock file: for messages, and for systems without `flock`. */
interface Holder extends ProcessIdentity {
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Exclusive use of a directory by this process, held by the kernel (`flock`): it ends with the process, however that
 * ends, and is seen from other containers of the machine. Node cannot call `flock`, so flock(1) of util-linux or
 * busybox locks a file descriptor that this process keeps open. On a system without it (macOS, images without a shell),
 * the lock file's process is looked up instead.
 */
export class DirectoryLock {
  #file: number | undefined;

  private constructor(
    private readonly path: string,
    file: number,
    /** Whether the last process that used the directory ended without releasing it. */
    readonly wasLeft: boolean,
  ) {
    this.#file = file;
  }

  /**
   * Creates the directory if it is missing.
   *
   * @throws Error if the directory is in use, or cannot be written
   */
  static acquire(directory: string): DirectoryLock {
    const path = join(directory, LOCK_FILE);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      for (;;) {
        const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
        if (!lock(file)) {
          closeSync(file);
          throw new DirectoryInUseError(directory, readHolder(path));
        }
        // Another file of that name was locked if its last owner has released it meanwhile.
        if (isFileAt(path, file)) return new DirectoryLock(path, file, record(file));
        closeSync(file);
      }
    } catch (error) {
      if (error instanceof DirectoryInUseError) throw error;
      throw new Error(
        `${directory} cannot be locked for use by this process: ${error instanceof Error ? error.message : String(error)}; ` +
          'it must be a directory that this process can write, on a disk of this machine',
        { cause: error },
      );
    }
  }

  /** The next process finds that the directory was released. Idempotent. */
  release(): void {
    if (this.#file !== undefined && isFileAt(this.path, this.#file)) rmSync(this.path);
    this.leave();
  }

  /** Unlocks the directory, but the next process finds it as after a process that died. Idempotent. */
  leave(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** Another process, or another part of this one, uses the directory. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';

  constructor(directory: string, holder: Holder | undefined) {
    const host = holder === undefined || holder.host === hostname() ? '' : ` of the host ${holder.host}`;
    super(
      `${directory} is in use by process ${holder?.pid ?? 'unknown'}${host}: ` +
        'stop it, or set DATA_DIR to a directory of its own',
    );
  }
}

/** Unique string of the process that has locked the directory; undefined if there is none. */
export function holderOf(directory: string): string | undefined {
  const path = join(directory, LOCK_FILE);
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return lock(file, 'shared') ? undefined : readFileSync(path, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Exit code of flock(1) with `-n` for a file that is locked; other failures have a message. */
const LOCKED = 1;

/** Whether the open file could be locked: until it is closed, or this process ends. @throws Error if flock(1) fails */
function lock(file: number, mode: 'exclusive' | 'shared' = 'exclusive'): boolean {
  const { status, stderr, error } = spawnSync('flock', ['-n', mode === 'shared' ? '-s' : '-x', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file],
    encoding: 'utf8',
    // eslint-disable-next-line no-restricted-properties -- passed on: it says where flock(1) is
    env: process.env,
  });
  if (hasCode(error, 'ENOENT')) return !isHeld(file);
  if (error !== undefined) throw error;
  if (status !== 0 && (status !== LOCKED || stderr !== '')) throw new Error(stderr.trim() || `flock: ${status}`);
  return status === 0;
}

/** For systems without flock(1). A process of another container, or with the id of this one, is not recognised. */
function isHeld(file: number): boolean {
  const holder = parseHolder(readFileSync(file, 'utf8'));
  return holder?.host === hostname() && holder.pid !== process.pid && isRunning(holder);
}

/** Writes this process into the lock file. @returns whether it was left by an earlier one */
function record(file: number): boolean {
  const wasLeft = fstatSync(file).size > 0;
  const holder: Holder = { ...thisProcess(), host: hostname(), since: new Date().toISOString() };
  const length = writeSync(file, JSON.stringify(holder), 0); // over what is there: on a full disk there is room for that only
  ftruncateSync(file, length);
  fsyncSync(file);
  return wasLeft;
}

function isFileAt(path: string, file: number): boolean {
  try {
    return statSync(resolve(path)).ino === fstatSync(file).ino;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return parseHolder(readFileSync(path, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined; // released meanwhile
    throw error;
  }
}

/** Undefined for a file that is not written yet, and for one of an earlier version. */
function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'pid' in value ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}
