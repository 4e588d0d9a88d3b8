import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryLock } from '../../common/directory-lock.js';
import { hasCode } from '../../common/error-code.js';
import { fileChecksum } from '../../common/file-checksum.js';
import { setAside } from '../../common/set-aside.js';
import { type Sample } from '../domain/index.js';
import { type SampleKey, SpoolTables } from './spool-tables.js';

const DATA_FILE = 'data.mdb';
const CHECKSUM_FILE = 'checksum';
const READ_TIMEOUT_MS = 60_000;

interface ReadSpool {
  /** Undefined if not even that can be read. */
  readonly count: number | undefined;
  readonly samples: readonly (readonly [SampleKey, Sample])[];
  readonly meta: readonly (readonly [string, string | number])[];
}

/** Locked directory of the spool. Tables that cannot be trusted are set aside, and what can be read of them goes into new ones. */
export class SpoolDirectory {
  private constructor(
    private readonly path: string,
    private readonly lock: DirectoryLock,
    readonly tables: SpoolTables,
    /** What happened to the tables of a process that died, or that changed since they were closed. */
    readonly problem: string | undefined,
  ) {}

  /** @throws Error if another process uses the directory */
  static open(path: string): SpoolDirectory {
    const lock = DirectoryLock.acquire(path);
    const problem = problemOf(path, lock.wasLeft);
    if (problem === undefined) {
      rmSync(join(path, CHECKSUM_FILE), { force: true });
      return new SpoolDirectory(path, lock, SpoolTables.open(path), undefined);
    }
    const { count, samples, meta } = readInOwnProcess(path);
    const aside = setAside(path);
    const tables = SpoolTables.open(path);
    tables.restore(samples, meta);
    const lost = count === undefined ? 'an unknown number of' : Math.max(0, count - samples.length);
    return new SpoolDirectory(
      path,
      lock,
      tables,
      `${problem}; ${samples.length} samples are kept, ${lost} are lost; what was there is kept in ${aside}`,
    );
  }

  async close(): Promise<void> {
    await this.tables.close();
    writeFileSync(join(this.path, CHECKSUM_FILE), fileChecksum(join(this.path, DATA_FILE)), { flush: true });
    this.lock.release();
  }
}

function problemOf(path: string, wasLeft: boolean): string | undefined {
  const [data, checksum] = [join(path, DATA_FILE), join(path, CHECKSUM_FILE)];
  if (!existsSync(data)) return undefined;
  if (wasLeft) return 'the process that used it last ended without closing it';
  if (!existsSync(checksum) || readFileSync(checksum, 'utf8') === fileChecksum(data)) return undefined;
  return `${data} is damaged: it changed since it was closed`;
}

function readInOwnProcess(path: string): ReadSpool {
  const script = join(import.meta.dirname, 'read-spool.process.js');
  const { stdout, error } = spawnSync(process.execPath, [script, path], {
    encoding: 'utf8',
    maxBuffer: Number.MAX_SAFE_INTEGER,
    timeout: READ_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined && !hasCode(error, 'ETIMEDOUT')) throw error; // it could not be started
  const rows = stdout
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
