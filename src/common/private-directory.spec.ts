import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeDirectory, excessOf, isSharedWithGroup } from './private-directory.js';

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

describe('a private directory', () => {
  let parent: string;
  let directory: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'private-'));
    directory = join(parent, 'data');
    mkdirSync(join(directory, 'tables'), { recursive: true });
    writeFileSync(join(directory, 'tables', 'data.mdb'), 'rows');
    chmodSync(directory, 0o755);
    chmodSync(join(directory, 'tables'), 0o777);
    chmodSync(join(directory, 'tables', 'data.mdb'), 0o644);
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('is created for its owner, and found closed again', () => {
    const missing = join(parent, 'a', 'b');
    expect(closeDirectory(missing, 'DATA_DIR')).toBeUndefined();
    expect(modeOf(missing)).toBe('700');
    expect(closeDirectory(missing, 'DATA_DIR')).toBeUndefined();
  });

  it('is closed with all that is in it', () => {
    expect(closeDirectory(directory, 'DATA_DIR')).toBeUndefined();
    const paths = [directory, join(directory, 'tables'), join(directory, 'tables', 'data.mdb')];
    expect(paths.map(modeOf)).toEqual(['700', '700', '600']);
  });

  it('stays open to the group that it was shared with, as Kubernetes does by fsGroup', () => {
    chmodSync(directory, 0o2775);
    chmodSync(join(directory, 'tables', 'data.mdb'), 0o664);
    closeDirectory(directory, 'DATA_DIR');
    const paths = [directory, join(directory, 'tables'), join(directory, 'tables', 'data.mdb')];
    expect(paths.map(modeOf)).toEqual(['2770', '770', '660']);
  });

  it('closes what a link of this account leads to, and nothing that a link of another does', () => {
    for (const name of ['mine', 'theirs']) {
      mkdirSync(join(parent, name));
      chmodSync(join(parent, name), 0o755);
      symlinkSync(join(parent, name), join(directory, name));
    }
    symlinkSync(join(parent, 'nowhere'), join(directory, 'broken'));
    execFileSync('chown', ['-h', '65534', join(directory, 'theirs')]);
    closeDirectory(directory, 'DATA_DIR');
    expect([modeOf(join(parent, 'mine')), modeOf(join(parent, 'theirs'))]).toEqual(['700', '755']);
  });

  it('cannot be below a file, and the message is one line that names the variable', () => {
    writeFileSync(join(parent, 'file'), '');
    expect(() => closeDirectory(join(parent, 'file', 'data'), 'DATA_DIR')).toThrow(
      /^DATA_DIR is '.*\/file\/data', which cannot be written \((?:Error: )?ENOTDIR.*\): set DATA_DIR to a directory that this .*$/,
    );
  });

  it.each([
    ['0755', 0o755, false, 0o055],
    ['0750', 0o750, false, 0o050],
    ['0700', 0o700, false, 0],
    ['2770', 0o2770, true, 0],
    ['2777', 0o2777, true, 0o007],
  ])('of mode %s: shared and excess', (_, mode, isShared, excess) => {
    expect(isSharedWithGroup({ mode, uid: 0 })).toBe(isShared);
    expect(excessOf({ mode, uid: 0 }, isShared)).toBe(excess);
  });
});
