import { existsSync, readFileSync } from 'node:fs';

/** A process, told from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, by the system's clock of ticks; absent where the system does not tell. */
  readonly started: string | undefined;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: statOf(process.pid)?.started };
}

export function isRunning({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const stat = statOf(pid);
  return stat === undefined || (stat.state !== DEAD && (started === undefined || started === stat.started));
}

/** Of a process that has ended, but whose parent has not looked yet. */
const DEAD = 'Z';

/** Fields 3 and 22 of /proc/PID/stat, counted after the command, which may hold blanks. */
function statOf(pid: number): { readonly state: string | undefined; readonly started: string | undefined } | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], started: fields[19] };
}
