import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { makeDataDir, removeDataDir } from '../support/service-process.js';

const MAIN = resolve(__dirname, '../../dist/main.js');

describe('a service whose DATA_DIR is on a read-only file system', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = makeDataDir();
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', dataDir]).status).toBe(0);
  });
  afterEach(() => {
    spawnSync('umount', ['-l', dataDir]);
    removeDataDir(dataDir);
  });

  it('does not start, with one line that names the variable', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0' },
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(stderr).toBe(
      `DATA_DIR is '${dataDir}', which cannot be written (EROFS: read-only file system, access '${dataDir}'): ` +
        'set DATA_DIR to a directory that this process can write\n',
    );
    expect(status).toBe(1);
  });
});
