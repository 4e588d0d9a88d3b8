import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, type ProcessIdentity, thisProcess } from './process-identity.js';

/** Changes at each boot of Linux. */
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** Lock file: boot id, process id and start time, one a line. */
export const LOCK_FILE = 'in-use';

interface LockRecord {
  readonly bootId: string;
  /** Absent in lock files of version 0.1.0. */
  readonly owner: ProcessIdentity | undefined;
}

/**
 * Exclusive use of a directory by this process. The lock file of a process that was killed is taken over by the next one.
 */
export class DirectoryLock {
  private constructor(
    private readonly directory: string,
    /** Undefined on systems without boot ids. */
    readonly bootId: string | undefined,
  ) {}

  /**
   * Creates the directory if it is missing, and the lock file in it.
   *
   * @param prepare called before the lock file is written, with whether an earlier process left one of another boot
   * @throws Error if another running process owns the directory
   */
  static acquire(directory: string, prepare: (isOfEarlierBoot: boolean) => void = () => undefined): DirectoryLock {
    const bootId = existsSync(BOOT_ID_FILE) ? readFileSync(BOOT_ID_FILE, 'utf8').trim() : undefined;
    const path = join(directory, LOCK_FILE);
    const left = readLock(path);
    const own = thisProcess();
    if (left?.owner && left.bootId === (bootId ?? '') && left.owner.pid !== own.pid && isRunning(left.owner))
      throw new Error(
        `${directory} is in use by process ${left.owner.pid}: stop it, or set DATA_DIR to a directory of its own`,
      );
    mkdirSync(directory, { recursive: true });
    prepare(left !== undefined && bootId !== undefined && left.bootId !== bootId);
    const lines = [bootId ?? '', own.pid, own.started ?? ''];
    writeFileSync(path, lines.join('\n'), { flag: left ? 'w' : 'wx', flush: bootId !== undefined });
    return new DirectoryLock(directory, bootId);
  }

  release(): void {
    rmSync(join(this.directory, LOCK_FILE), { force: true });
  }
}

function readLock(path: string): LockRecord | undefined {
  if (!existsSync(path)) return undefined;
  const [bootId = '', pid = '', started = ''] = readFileSync(path, 'utf8').split('\n');
  const owner = { pid: Number(pid), started: started === '' ? undefined : started };
  return { bootId, owner: pid === '' ? undefined : owner };
}
