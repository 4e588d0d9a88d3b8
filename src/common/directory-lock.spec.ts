import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whileRunning, whileZombie } from '../../test/support/other-process.js';
import { DirectoryLock } from './directory-lock.js';

describe('the lock of a directory', () => {
  let directory: string;
  const file = (): string => join(directory, 'in-use');

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'directory-lock-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const leaveTo = (pid: number): void => {
    DirectoryLock.acquire(directory);
    const [bootId = ''] = readFileSync(file(), 'utf8').split('\n');
    writeFileSync(file(), [bootId, pid, ''].join('\n'));
  };

  it('is refused while another process owns it, naming that process', () =>
    whileRunning((pid) => {
      leaveTo(pid);
      expect(() => DirectoryLock.acquire(directory)).toThrow(
        `${directory} is in use by process ${pid}: stop it, or set DATA_DIR to a directory of its own`,
      );
    }));

  it('is taken over from a process that has ended', async () => {
    await whileRunning(leaveTo);
    expect(() => DirectoryLock.acquire(directory)).not.toThrow();
  });

  it('is taken over from a zombie', () =>
    whileZombie((pid) => {
      leaveTo(pid);
      expect(() => DirectoryLock.acquire(directory)).not.toThrow();
    }));

  it('reports to its owner that the last owner did not release it before the machine stopped', () => {
    const reported: boolean[] = [];
    const acquire = (): DirectoryLock =>
      DirectoryLock.acquire(directory, (isOfEarlierBoot) => void reported.push(isOfEarlierBoot));
    acquire();
    writeFileSync(file(), 'another boot\n1\n');
    acquire().release();
    acquire();
    expect(reported).toEqual([false, true, false]);
  });
});
