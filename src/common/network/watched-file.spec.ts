import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WatchedFile } from './watched-file.js';

describe('a watched file', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'watched-file-'));
    path = join(directory, 'file');
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  const withoutDescriptors = (): void => {
    jest.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    });
  };

  it('counts as empty while it is missing, and is read when it is there', () => {
    const file = new WatchedFile(path, (text) => text);
    expect(file.read()).toBe('');
    writeFileSync(path, 'text');
    expect(file.read()).toBe('text');
  });

  it('is read again as soon as a file descriptor is left', () => {
    writeFileSync(path, 'text');
    const file = new WatchedFile(path, (text) => text);
    withoutDescriptors();
    expect(file.read()).toBe('');
    jest.restoreAllMocks();
    expect(file.read()).toBe('text');
  });

  it('keeps its content while no file descriptor is left', () => {
    writeFileSync(path, 'text');
    const file = new WatchedFile(path, (text) => text);
    file.read();
    writeFileSync(path, 'another text');
    withoutDescriptors();
    expect(file.read()).toBe('text');
    jest.restoreAllMocks();
    expect(file.read()).toBe('another text');
  });
});
