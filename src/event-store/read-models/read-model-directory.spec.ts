import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whileUsed } from '../../../test/support/other-process.js';
import { ReadModelDirectory } from './read-model-directory.js';

describe('a directory of tables', () => {
  let directory: string;
  const opened: ReadModelDirectory[] = [];
  const tables = (): string => join(directory, 'data.mdb');
  const open = (): ReadModelDirectory => {
    const last = ReadModelDirectory.open(directory);
    opened.push(last);
    return last;
  };

  beforeEach(() => (directory = join(mkdtempSync(join(tmpdir(), 'read-model-directory-')), 'model')));
  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
    rmSync(join(directory, '..'), { recursive: true });
  });

  const work = (): ReadModelDirectory => {
    const working = open();
    writeFileSync(tables(), 'rows');
    return working;
  };
  /** Turns to a copy of the directory in use: what a process leaves that is killed. */
  const kill = (): void => {
    cpSync(directory, `${directory}2`, { recursive: true });
    directory = `${directory}2`;
  };

  it('keeps tables that were closed', () => {
    work().close();
    expect(readdirSync(directory).sort()).toEqual(['checksum', 'data.mdb']);
    expect(open().problem).toBeUndefined();
    expect(readFileSync(tables(), 'utf8')).toBe('rows');
  });

  it('keeps the tables of version 0.1.0, which wrote no checksum', () => {
    work().close();
    rmSync(join(directory, 'checksum'));
    expect(open().problem).toBeUndefined();
    expect(existsSync(tables())).toBe(true);
  });

  it('sets tables aside whose process died, and says where they are', () => {
    work();
    kill();
    expect(open().problem).toBe(
      `The tables are rebuilt from the streams: the last process ended without closing its tables; what was there is kept in ${directory}-damaged`,
    );
    expect(existsSync(tables())).toBe(false);
    expect(readFileSync(join(`${directory}-damaged`, 'data.mdb'), 'utf8')).toBe('rows');
  });

  it('sets tables aside that an earlier version left', () => {
    work().close();
    writeFileSync(join(directory, 'in-use'), 'boot id of the machine');
    expect(open().problem).toMatch(/ended without closing its tables/);
  });

  it.each(['data.mdb', 'checksum'])('sets tables aside if a bit of %s flipped since they were closed', (name) => {
    work().close();
    const bytes = readFileSync(join(directory, name));
    bytes.writeUInt8(bytes.readUInt8(0) ^ 4);
    writeFileSync(join(directory, name), bytes);
    expect(open().problem).toMatch(/data\.mdb is damaged: it changed since it was closed; what was there is kept in/);
    expect(existsSync(tables())).toBe(false);
  });

  it('keeps only the last ones that it set aside', () => {
    for (const rows of ['first', 'second']) {
      work().close();
      writeFileSync(tables(), rows);
      open().close();
    }
    expect(readdirSync(join(directory, '..')).sort()).toEqual(['model', 'model-damaged']);
    expect(readFileSync(join(`${directory}-damaged`, 'data.mdb'), 'utf8')).toBe('second');
  });

  it('sets tables aside that cannot be opened', () => {
    work();
    const read = (path: string): string => {
      if (existsSync(join(path, 'data.mdb'))) throw new Error('MDB_INVALID');
      return 'empty tables';
    };
    const directoryInUse = opened[0];
    expect(directoryInUse?.openTables(read)).toBe('empty tables');
    expect(directoryInUse?.problem).toMatch(
      /^The tables are rebuilt from the streams: they cannot be opened: MDB_INVALID; what was there is kept in/,
    );
  });

  it('is refused while another process uses it, and left as it is', async () => {
    work().close();
    await whileUsed(directory, (pid) => {
      const left = readFileSync(join(directory, 'in-use'), 'utf8');
      expect(() => ReadModelDirectory.open(directory)).toThrow(
        `${directory} is in use by process ${pid}: stop it, or set DATA_DIR to a directory of its own`,
      );
      expect(readFileSync(join(directory, 'in-use'), 'utf8')).toBe(left);
      expect(existsSync(tables())).toBe(true);
    });
  });
});
