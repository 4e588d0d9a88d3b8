import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadModelDirectory } from './read-model-directory.js';

describe('a directory of tables that are not synced', () => {
  let directory: string;
  const tables = (): string => join(directory, 'data.mdb');

  beforeEach(() => (directory = join(mkdtempSync(join(tmpdir(), 'unsynced-')), 'model')));
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  const work = (): ReadModelDirectory => {
    const opened = ReadModelDirectory.open(directory);
    writeFileSync(tables(), 'rows');
    return opened;
  };

  it('keeps its tables after a process that was killed under the same start of the machine', () => {
    work();
    ReadModelDirectory.open(directory);
    expect(existsSync(tables())).toBe(true);
  });

  it('removes tables that were worked on when the machine stopped', () => {
    work();
    writeFileSync(join(directory, 'in-use'), 'another start');
    ReadModelDirectory.open(directory);
    expect(existsSync(tables())).toBe(false);
  });

  it('keeps tables that were closed, whatever the machine did since', () => {
    work().close();
    expect(readdirSync(directory)).toEqual(['data.mdb']);
    ReadModelDirectory.open(directory);
    expect(existsSync(tables())).toBe(true);
  });

  describe('that another process works on', () => {
    const marker = (): string => join(directory, 'in-use');
    /** Leaves the directory as a process does that has just died, or has not. */
    const leaveTo = (pid: number, started = ''): void => {
      work();
      const [bootId] = readFileSync(marker(), 'utf8').split('\n');
      writeFileSync(marker(), [bootId, pid, started].join('\n'));
    };
    const whileRunning = async (test: (pid: number) => void): Promise<void> => {
      const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)'], { stdio: 'ignore' });
      await once(other, 'spawn');
      try {
        test(other.pid ?? NaN);
      } finally {
        other.kill('SIGKILL');
        await once(other, 'exit');
      }
    };

    it('is refused, naming the process, and left as it is', () =>
      whileRunning((pid) => {
        leaveTo(pid);
        const left = readFileSync(marker(), 'utf8');
        expect(() => ReadModelDirectory.open(directory)).toThrow(
          `${directory} is in use by process ${pid}: stop it, or set DATA_DIR to a directory of its own`,
        );
        expect(readFileSync(marker(), 'utf8')).toBe(left);
        expect(existsSync(tables())).toBe(true);
      }));

    it('is taken over once that process has died, with its tables', async () => {
      await whileRunning((pid) => leaveTo(pid));
      ReadModelDirectory.open(directory).close();
      expect(existsSync(tables())).toBe(true);
    });

    it('is taken over where a later process has only the same number', () =>
      whileRunning((pid) => {
        leaveTo(pid, '1');
        expect(() => ReadModelDirectory.open(directory)).not.toThrow();
      }));

    it('is taken over from an earlier version of the service, which did not note the process', () => {
      work();
      writeFileSync(marker(), readFileSync(marker(), 'utf8').split('\n')[0] ?? '');
      expect(() => ReadModelDirectory.open(directory)).not.toThrow();
      expect(existsSync(tables())).toBe(true);
    });
  });
});
