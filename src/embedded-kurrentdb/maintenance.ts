import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DirectoryLock } from '../common/directory-lock.js';
import { EmbeddedKurrentDBError } from './errors.js';
import { SALVAGE_FILE, STORE_FILE } from './storage/store-file.js';

const PROCESS = fileURLToPath(new URL('./storage/maintenance.process.js', import.meta.url));
/** Processes of a salvage: one continues after a page that ended the one before. */
const MAX_PROCESSES = 1000;
/** Signals by which the system ends a process that reads a damaged page. */
const OF_DAMAGE: readonly (string | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGFPE', 'SIGILL', 'SIGTRAP'];

/** What the process of a task printed, and whether it found no damage. */
export interface MaintenanceResult {
  readonly isSound: boolean;
  readonly output: string;
}

/**
 * Visits all tables of a store in a process of its own, which LMDB may end.
 *
 * @param task `walk-beside` while a server uses the store
 * @param signal ends the process
 * @throws EmbeddedKurrentDBError if something else ended the process
 */
export const walkStore = (
  directory: string,
  task: 'walk' | 'walk-beside',
  signal: AbortSignal,
): Promise<MaintenanceResult> => run([task, directory], signal);

/** Finds all damage of a store. @throws Error if there is none, or a process uses it */
export function verify(directory: string): Promise<MaintenanceResult> {
  return whileLocked(directory, () => run(['verify', directory]));
}

/**
 * Copies every event that can be read to a new store in `{directory}-salvaged`.
 *
 * @throws Error if there is no store, or a process uses it
 */
export function salvageStore(directory: string): Promise<MaintenanceResult> {
  const target = `${directory}-salvaged`;
  return whileLocked(directory, async () => {
    rmSync(target, { recursive: true, force: true });
    const outputs: string[] = [];
    for (;;) {
      const { isSound, hasDied, output } = await run(['salvage', directory, target]);
      outputs.push(output);
      if (hasDied && outputs.length < MAX_PROCESSES) continue;
      rmSync(join(target, SALVAGE_FILE), { force: true });
      return { isSound, output: outputs.join('\n') };
    }
  });
}

async function whileLocked<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  if (!existsSync(join(directory, STORE_FILE))) throw new EmbeddedKurrentDBError(`${directory} has no store`);
  const lock = DirectoryLock.acquire(directory);
  try {
    return await work();
  } finally {
    if (lock.wasLeft) lock.leave();
    else lock.release();
  }
}

async function run(
  args: readonly string[],
  signal?: AbortSignal,
): Promise<MaintenanceResult & { readonly hasDied: boolean }> {
  const child = spawn(process.execPath, [PROCESS, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(signal && { signal }),
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const [[code, killedBy], printed] = await Promise.all([exited, text(child.stdout)]);
  const hasDied = OF_DAMAGE.includes(killedBy);
  if (killedBy !== null && !hasDied)
    throw new EmbeddedKurrentDBError(`the process that reads the store was ended by ${killedBy}`);
  return {
    isSound: code === 0,
    hasDied,
    output: hasDied ? `${printed}reading it ended the process: ${killedBy}` : printed.trim(),
  };
}
