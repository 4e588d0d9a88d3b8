import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../common/error-code.js';
import { SealedDirectory } from '../../common/sealed-directory.js';
import { isStorageFull, requireFreeSpace } from '../../common/storage-full.js';
import { type Sample } from '../domain/index.js';
import { type SampleKey, SpoolTables } from './spool-tables.js';

const READ_TIMEOUT_MS = 60_000;

interface ReadSpool {
  /** Undefined if not even that can be read. */
  readonly count: number | undefined;
  readonly samples: readonly (readonly [SampleKey, Sample])[];
  readonly meta: readonly (readonly [string, string | number])[];
}

/**
 * Directory of the spool. Tables that cannot be trusted are set aside, and what can be read of them goes into new ones.
 */
export class SpoolDirectory {
  private constructor(
    private readonly directory: SealedDirectory,
    readonly tables: SpoolTables,
    /** Why the tables were not trusted, and what is lost; undefined if they were. */
    readonly problem: string | undefined,
  ) {}

  /** @throws Error if another process uses the directory */
  static open(path: string): SpoolDirectory {
    const directory = SealedDirectory.open(path);
    const recovered = `${path}-recovered`;
    if (directory.problem === undefined && !existsSync(recovered))
      return new SpoolDirectory(directory, SpoolTables.open(path), undefined);
    try {
      if (!existsSync(recovered)) {
        requireFreeSpace(path);
        writeAtomically(recovered, readInOwnProcess(path));
      }
    } catch (error) {
      if (!isStorageFull(error, path)) throw error;
      const problem = `${directory.problem ?? ''}; they are used as they are, because the disk is full`;
      return new SpoolDirectory(directory, SpoolTables.open(path), problem);
    }
    // From here on the samples are in that file, whenever this process dies.
    const { count, samples, meta } = parse(readFileSync(recovered, 'utf8'));
    const setAside = directory.setAside();
    const tables = SpoolTables.open(path);
    tables.restore(samples, meta);
    rmSync(recovered);
    const lost = count === undefined ? 'an unknown number of' : Math.max(0, count - samples.length);
    const problem = directory.problem ?? 'the last process ended while it recreated them';
    const outcome = `they were recreated: ${samples.length} samples are kept, ${lost} are lost; ${setAside}`;
    return new SpoolDirectory(directory, tables, `${problem}; ${outcome}`);
  }

  async close(): Promise<void> {
    await this.tables.close();
    this.directory.close();
  }
}

function writeAtomically(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

/** What can be read of a spool, one JSON line per row. */
function readInOwnProcess(path: string): string {
  const script = join(import.meta.dirname, 'read-spool.process.js');
  const { stdout, error } = spawnSync(process.execPath, [script, path], {
    encoding: 'utf8',
    maxBuffer: Number.MAX_SAFE_INTEGER,
    timeout: READ_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined && !hasCode(error, 'ETIMEDOUT')) throw error; // it could not be started
  return stdout;
}

function parse(lines: string): ReadSpool {
  const rows = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    count: rows.flatMap(({ count }) => (typeof count === 'number' ? [count] : []))[0],
    samples: rows.flatMap(({ key, sample }) =>
      key === undefined ? [] : [[key as SampleKey, sample as Sample] as const],
    ),
    meta: rows.flatMap(({ meta, value }) =>
      meta === undefined ? [] : [[meta as string, value as string | number] as const],
    ),
  };
}
