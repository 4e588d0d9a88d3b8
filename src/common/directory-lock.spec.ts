import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { whileRunning, whileUsed, whileZombie } from '../../test/support/other-process.js';
import { DirectoryLock, holderOf } from './directory-lock.js';
import { thisProcess } from './process-identity.js';

/** Runs a command in a process namespace of its own, as a container does. */
const OWN_PIDS = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
const canUnshare = spawnSync('unshare', [...OWN_PIDS.slice(1), 'true']).status === 0;

describe('the lock of a directory', () => {
  let directory: string;
  const file = (): string => join(directory, 'in-use');
  const leaveTo = (holder: object): void => writeFileSync(file(), JSON.stringify({ host: hostname(), ...holder }));

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'directory-lock-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is refused while another process holds it, naming that process', async () => {
    await whileUsed(directory, (pid) => {
      expect(() => DirectoryLock.acquire(directory)).toThrow(
        `${directory} is in use by process ${pid}: stop it, or set DATA_DIR to a directory of its own`,
      );
      expect(JSON.parse(holderOf(directory) ?? '')).toMatchObject({ pid });
    });
    DirectoryLock.acquire(directory).release();
  });

  it('is refused while this process holds it', () => {
    const lock = DirectoryLock.acquire(directory);
    expect(() => DirectoryLock.acquire(directory)).toThrow(`${directory} is in use by process ${process.pid}`);
    lock.release();
    DirectoryLock.acquire(directory).release();
  });

  (canUnshare ? it : it.skip)('is refused across process namespaces, where process ids say nothing', () =>
    whileUsed(
      directory,
      () => {
        const before = readFileSync(file(), 'utf8');
        expect(() => DirectoryLock.acquire(directory)).toThrow(`${directory} is in use by process`);
        expect(readFileSync(file(), 'utf8')).toBe(before);
      },
      OWN_PIDS,
    ),
  );

  it('names the host of a holder in another container', () => {
    const lock = DirectoryLock.acquire(directory);
    leaveTo({ pid: 1, host: 'other' });
    expect(() => DirectoryLock.acquire(directory)).toThrow(`in use by process 1 of the host other: stop it`);
    lock.release();
  });

  it('is taken over from a process that was killed, even if its id belongs to another process by now', () =>
    whileRunning((pid) => {
      leaveTo({ pid });
      DirectoryLock.acquire(directory).release();
    }));

  it('is taken over from a process that had the id and the start time of this one, in another container', () => {
    leaveTo(thisProcess());
    DirectoryLock.acquire(directory).release();
  });

  it('is taken over from a zombie', () =>
    whileZombie((pid) => {
      leaveTo({ pid });
      expect(holderOf(directory)).toBeUndefined();
      DirectoryLock.acquire(directory).release();
    }));

  it('reports to its owner whether the last one released it', () => {
    const first = DirectoryLock.acquire(directory);
    const killed = `${directory}/killed`;
    mkdirSync(killed);
    cpSync(file(), join(killed, 'in-use'));
    first.release();
    const afterKill = DirectoryLock.acquire(killed);
    afterKill.release();
    const afterRelease = DirectoryLock.acquire(killed);
    afterRelease.release();
    expect([first, afterKill, afterRelease].map(({ wasLeft }) => wasLeft)).toEqual([false, true, false]);
  });

  it('takes the file of an earlier version for one that was left', () => {
    writeFileSync(file(), 'a boot id\n1\n');
    const lock = DirectoryLock.acquire(directory);
    expect(lock.wasLeft).toBe(true);
    lock.release();
  });

  it('has a holder as long as it is held', () => {
    expect(holderOf(directory)).toBeUndefined();
    const lock = DirectoryLock.acquire(directory);
    expect(holderOf(directory)).toBe(readFileSync(file(), 'utf8'));
    expect(JSON.parse(holderOf(directory) ?? '')).toMatchObject({ pid: process.pid, host: hostname() });
    lock.release();
    expect(holderOf(directory)).toBeUndefined();
    expect(existsSync(file())).toBe(false);
  });

  it('leaves the file of a successor that took over a removed directory', () => {
    const first = DirectoryLock.acquire(directory);
    rmSync(file());
    const second = DirectoryLock.acquire(directory);
    first.release();
    expect(() => DirectoryLock.acquire(directory)).toThrow('in use');
    second.release();
  });

  it('works in a path that is longer than the address of a socket', () => {
    const deep = join(directory, 'x'.repeat(100), 'y'.repeat(100));
    const lock = DirectoryLock.acquire(deep);
    expect(() => DirectoryLock.acquire(deep)).toThrow('in use');
    lock.release();
  });

  it('says what is wrong with a directory that cannot be written', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => DirectoryLock.acquire(join(directory, 'file'))).toThrow(
      /file cannot be locked for use by this process: .*EEXIST.*it must be a directory that this process can write/,
    );
  });

  describe('on a system without flock(1)', () => {
    /* eslint-disable no-restricted-properties -- PATH decides whether flock(1) is found */
    const { PATH } = process.env;
    beforeEach(() => (process.env.PATH = directory));
    afterEach(() => (process.env.PATH = PATH));
    /* eslint-enable no-restricted-properties */

    it('is refused while the recorded process runs', () =>
      whileRunning((pid) => {
        leaveTo({ pid });
        expect(() => DirectoryLock.acquire(directory)).toThrow(`is in use by process ${pid}`);
      }));

    it('is taken over from a process that has ended, and from the earlier bearer of an id', async () => {
      await whileRunning((pid) => leaveTo({ pid }));
      DirectoryLock.acquire(directory).release();
      await whileRunning((pid) => {
        leaveTo({ pid, started: '1' });
        DirectoryLock.acquire(directory).release();
      });
    });
  });
});
