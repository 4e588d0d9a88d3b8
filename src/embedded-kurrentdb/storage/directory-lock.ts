import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnusableStoreError } from './store-file.js';

const LOCK_FILE = 'server.lock';

interface Holder {
  readonly pid: number;
  /** When the process started, where the system tells; tells it from a later process with the same number. */
  readonly started: string | undefined;
}

/**
 * Keeps a directory for one server. The lock names the process that holds it, so that one that was killed leaves nothing behind that
 * has to be cleaned up. Should two processes that cannot see each other (two containers on one volume) get it all the same, the
 * store's transactions notice: see `Tables.transaction`.
 *
 * @throws UnusableStoreError if a running process holds it
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, LOCK_FILE);
  const own = JSON.stringify({ pid: process.pid, started: statOf(process.pid)?.started } satisfies Holder);
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      const holder = readHolder(path);
      if (attempt > 0 || (holder !== undefined && isRunning(holder))) {
        throw new UnusableStoreError(
          `${directory} is in use by process ${holder?.pid ?? 'unknown'}: stop it, or use another directory`,
          { cause: error },
        );
      }
      rmSync(path, { force: true });
    }
  }
}

/** The running process that holds a directory, in words that are those of no other; undefined where none does. */
export function holderOf(directory: string): string | undefined {
  const holder = readHolder(join(directory, LOCK_FILE));
  return holder !== undefined && isRunning(holder) ? JSON.stringify(holder) : undefined;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return undefined;
    return {
      pid: value.pid,
      started: 'started' in value && typeof value.started === 'string' ? value.started : undefined,
    };
  } catch {
    return undefined; // cut off by a crash, or removed meanwhile: nobody holds it
  }
}

function isRunning({ pid, started }: Holder): boolean {
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
