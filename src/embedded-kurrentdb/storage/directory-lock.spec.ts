import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whileRunning, whileZombie } from '../../../test/support/other-process.js';
import { holderOf, lockDirectory } from './directory-lock.js';

describe('the lock of a store', () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'store-lock-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const leaveTo = (pid: number): void => writeFileSync(join(directory, 'server.lock'), JSON.stringify({ pid }));

  it('is refused while another process owns it', () =>
    whileRunning((pid) => {
      leaveTo(pid);
      expect(() => lockDirectory(directory)).toThrow(`${directory} is in use by process ${pid}`);
    }));

  it('is taken over from a zombie', () =>
    whileZombie((pid) => {
      leaveTo(pid);
      expect(holderOf(directory)).toBeUndefined();
      lockDirectory(directory)();
    }));
});
