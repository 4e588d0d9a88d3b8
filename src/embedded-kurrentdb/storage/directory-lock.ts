import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnusableStoreError } from './store-file.js';

const LOCK_FILE = 'server.lock';

interface LockOwner {
  readonly pid: number;
  /** Start time of the process, where /proc is available: distinguishes it from a later process with the same pid. */
  readonly started: string | undefined;
}

/**
 * Locks a directory for one server. The lock file names the owning process, so a lock left by a killed process is taken
 * over. If two processes that cannot see each other (two containers on one volume) both get the lock, the store's
 * transactions detect it: see `Tables.transaction`.
 *
 * @throws UnusableStoreError if a running process owns the lock
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, LOCK_FILE);
  const own = JSON.stringify({ pid: process.pid, started: statOf(process.pid)?.started } satisfies LockOwner);
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      const owner = readLockOwner(path);
      if (attempt > 0 || (owner !== undefined && isRunning(owner))) {
        throw new UnusableStoreError(
          `${directory} is in use by process ${owner?.pid ?? 'unknown'}: stop it, or use another directory`,
          { cause: error },
        );
      }
      rmSync(path, { force: true });
    }
  }
}

/** The running process that owns the directory's lock, as a unique string; undefined if there is none. */
export function holderOf(directory: string): string | undefined {
  const owner = readLockOwner(join(directory, LOCK_FILE));
  return owner !== undefined && isRunning(owner) ? JSON.stringify(owner) : undefined;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function readLockOwner(path: string): LockOwner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return undefined;
    return {
      pid: value.pid,
      started: 'started' in value && typeof value.started === 'string' ? value.started : undefined,
    };
  } catch {
    return undefined; // truncated by a crash, or removed concurrently: not locked
  }
}

function isRunning({ pid, started }: LockOwner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false;
  }
  const stat = statOf(pid);
  return stat === undefined || (stat.state !== ZOMBIE && (started === undefined || started === stat.started));
}

/** State of a process that has ended, and whose parent has not read its exit code yet. */
const ZOMBIE = 'Z';

/** Fields 3 and 22 of `/proc/PID/stat`; counted from the end of the command, which may contain spaces (proc(5)). */
function statOf(pid: number): { readonly state: string | undefined; readonly started: string | undefined } | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], started: fields[19] };
}
