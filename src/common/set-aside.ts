import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LOCK_FILE } from './directory-lock.js';

/**
 * Moves the content of a locked directory to `{directory}-damaged`, in place of what was set aside before.
 *
 * @returns that directory
 */
export function setAside(directory: string): string {
  const aside = `${directory}-damaged`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  for (const entry of readdirSync(directory))
    if (entry !== LOCK_FILE) renameSync(join(directory, entry), join(aside, entry));
  return aside;
}
