import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsyncedDirectory } from './unsynced-directory.js';

describe('a directory of tables that are not synced', () => {
  let directory: string;
  const tables = (): string => join(directory, 'data.mdb');

  beforeEach(() => (directory = join(mkdtempSync(join(tmpdir(), 'unsynced-')), 'model')));
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  const work = (): UnsyncedDirectory => {
    const opened = UnsyncedDirectory.open(directory);
    writeFileSync(tables(), 'rows');
    return opened;
  };

  it('keeps its tables after a process that was killed under the same start of the machine', () => {
    work();
    UnsyncedDirectory.open(directory);
    expect(existsSync(tables())).toBe(true);
  });

  it('removes tables that were worked on when the machine stopped', () => {
    work();
    writeFileSync(join(directory, 'in-use'), 'another start');
    UnsyncedDirectory.open(directory);
    expect(existsSync(tables())).toBe(false);
  });

  it('keeps tables that were closed, whatever the machine did since', () => {
    work().close();
    expect(readdirSync(directory)).toEqual(['data.mdb']);
    UnsyncedDirectory.open(directory);
    expect(existsSync(tables())).toBe(true);
  });
});
