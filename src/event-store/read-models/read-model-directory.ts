import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type ProcessIdentity, isRunning, thisProcess } from './process-identity.js';

/** Given anew by Linux at each start of the machine. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** Holds the machine's boot id and the process, one a line, while the process works on the tables. */
const MARKER = 'in-use';
const DATA_FILE = 'data.mdb';

interface Marker {
  readonly bootId: string;
  /** Absent where an earlier version of this service left the note: it told no process. */
  readonly holder: ProcessIdentity | undefined;
}

/**
 * A directory of tables that are not synced to the disk at each commit: a process that is killed loses nothing, for the system has the pages,
 * but a machine that stops may leave them in disorder. So it is noted under which start of the machine they are worked on, and tables that
 * were left by another start are removed: they are built anew from the streams. It is noted too which process works on them: two that applied
 * the same events would count them twice.
 */
export class ReadModelDirectory {
  private constructor(
    private readonly path: string,
    /** Whether commits need not be synced. Where the system does not tell its starts apart, they are. */
    readonly isUnsynced: boolean,
  ) {}

  /**
   * Makes the directory where it is missing, and empties it where its tables cannot be trusted.
   *
   * @throws Error where another process works on it
   */
  static open(path: string): ReadModelDirectory {
    const bootId = readBootId();
    const marker = join(path, MARKER);
    const left = readMarker(marker);
    const own = thisProcess();
    if (left?.holder && left.bootId === (bootId ?? '') && left.holder.pid !== own.pid && isRunning(left.holder)) {
      throw new Error(
        `${path} is in use by process ${left.holder.pid}: stop it, or set DATA_DIR to a directory of its own`,
      );
    }
    mkdirSync(path, { recursive: true });
    if (left && bootId !== undefined && left.bootId !== bootId)
      for (const entry of readdirSync(path)) if (entry !== MARKER) rmSync(join(path, entry), { recursive: true });
    writeFileSync(marker, `${bootId ?? ''}\n${own.pid}\n${own.started ?? ''}`, { flag: left ? 'w' : 'wx' });
    if (bootId === undefined) return new ReadModelDirectory(path, false);
    syncFile(marker);
    return new ReadModelDirectory(path, true);
  }

  /** Call it when the tables are closed: what they hold reaches the disk, and may be trusted after any start. */
  close(): void {
    const data = join(this.path, DATA_FILE);
    if (this.isUnsynced && existsSync(data)) syncFile(data);
    rmSync(join(this.path, MARKER), { force: true });
  }
}

function readBootId(): string | undefined {
  return existsSync(BOOT_ID) ? readFileSync(BOOT_ID, 'utf8').trim() : undefined;
}

function readMarker(path: string): Marker | undefined {
  if (!existsSync(path)) return undefined;
  const [bootId = '', pid = '', started = ''] = readFileSync(path, 'utf8').split('\n');
  return {
    bootId,
    holder: pid === '' ? undefined : { pid: Number(pid), started: started === '' ? undefined : started },
  };
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
