import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyFile, moveKeyFile, readKeyFile, refusalOf } from './key-file.js';

const OWN = 1_000;

describe('a key file', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'key-file-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([
    ['its own, 0600', 0o600, OWN, 0o700, undefined],
    ['its own, readable by its group', 0o640, OWN, 0o700, 'mode 640'],
    ['in a volume with fsGroup', 0o660, OWN, 0o2770, undefined],
    ["root's, mounted as a secret with fsGroup", 0o440, 0, 0o3777, undefined],
    ["root's, readable by a group of the process", 0o440, 0, 0o755, undefined],
    ["root's, readable by everyone", 0o444, 0, 0o2777, 'mode 444'],
    ["another account's", 0o600, 1_001, 0o700, 'belongs to the account 1001'],
    ["another account's in a shared directory", 0o660, 1_001, 0o2770, 'belongs to the account 1001'],
  ])('%s is used or refused', (_, mode, uid, directoryMode, refusal) => {
    const found = refusalOf({ mode, uid }, { mode: directoryMode, uid: 0 }, OWN);
    if (refusal === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(refusal);
  });

  it('is read behind symbolic links, as secrets of Kubernetes are mounted', () => {
    mkdirSync(join(directory, '..2026_11_28'));
    writeFileSync(join(directory, '..2026_11_28', 'service.keys'), 'content\n', { mode: 0o400 });
    symlinkSync('..2026_11_28', join(directory, '..data'));
    symlinkSync('..data/service.keys', join(directory, 'service.keys'));
    expect(readKeyFile(join(directory, 'service.keys'))).toBe('content');
  });

  it('is created once, with the content of the first', () => {
    const path = join(directory, 'new', 'key');
    expect([createKeyFile(path, 'first'), createKeyFile(path, 'second')]).toEqual(['first', 'first']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('that cannot be created names the variable', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => createKeyFile(join(directory, 'file', 'key'), 'content')).toThrow(
      /^KEYS_DIR: '.*\/file\/key' cannot be created \(.*\); set KEYS_DIR to a directory that this process can write/,
    );
  });

  describe('of an earlier version', () => {
    const from = (): string => join(directory, 'from');
    const to = (): string => join(directory, 'keys', 'to');
    const reported: string[] = [];
    const move = (target = to()): string => moveKeyFile(from(), target, (problem) => reported.push(problem));
    beforeEach(() => {
      reported.length = 0;
      writeFileSync(from(), 'earlier\n', { mode: 0o600 });
    });

    it('is moved, also after a crash between copy and removal', () => {
      createKeyFile(to(), 'earlier');
      expect([move(), existsSync(from()), readFileSync(to(), 'utf8'), reported]).toEqual([
        to(),
        false,
        'earlier\n',
        [],
      ]);
      expect(move()).toBe(to());
    });

    it('stays beside another at the new place, and is reported', () => {
      createKeyFile(to(), 'other');
      expect([move(), readKeyFile(to()), readKeyFile(from())]).toEqual([to(), 'other', 'earlier']);
      expect(reported).toEqual([`'${from()}' is not read any more, because '${to()}' exists: remove it`]);
    });

    it('is read where it is if it cannot be moved, and is reported', () => {
      expect(move(join(from(), 'key'))).toBe(from());
      expect(reported).toEqual([
        expect.stringMatching(/is still read, but a key does not belong beside the data\. KEYS_DIR: /),
      ]);
    });

    it('is refused while other accounts may use it', () => {
      chmodSync(from(), 0o604);
      expect(() => move()).toThrow(/mode 604/);
    });
  });
});
