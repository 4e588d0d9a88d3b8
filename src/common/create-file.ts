import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './error-code.js';

/**
 * Creates a file for its owner only, unless it exists: of processes that create it at the same time, the first one
 * wins, and no reader sees part of it.
 *
 * @throws Error of the system if it cannot be written
 */
export function createFile(path: string, content: string): void {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o600, flush: true });
    link(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function link(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
