import { existsSync, readFileSync } from 'node:fs';
import { hasCode } from './error-code.js';

/** Process id and start time, which distinguishes a process from a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since the machine booted; undefined on systems without `/proc`. */
  readonly started: string | undefined;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: statOf(process.pid)?.started };
}

export function isRunning({ pid, started }: ProcessIdentity): boolean {
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
