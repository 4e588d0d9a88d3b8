import { closeSync, fstatSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createFile } from '../create-file.js';
import { hasCode } from '../error-code.js';
import {
  closeDirectory,
  type Entry,
  excessOf,
  isSharedWithGroup,
  UnusableDirectoryError,
} from '../private-directory.js';

/** The variable of the directory with the keys, for messages. */
const VARIABLE = 'KEYS_DIR';
const ROOT = 0;

/**
 * Why a file must not be used as a key; undefined if it may. Root may own it, and let a group read it: Kubernetes
 * mounts secrets that way (0440 with `fsGroup`, behind symbolic links).
 */
export function refusalOf(file: Entry, directory: Entry, ownUid: number | undefined): string | undefined {
  const { mode, uid } = file;
  if (ownUid !== undefined && uid !== ownUid && uid !== ROOT) return `it belongs to the account ${uid}`;
  const isGroupAccepted = isSharedWithGroup(directory) || (uid === ROOT && ownUid !== ROOT);
  if (excessOf(file, isGroupAccepted) === 0) return undefined;
  return `other accounts may use it (mode ${(mode & 0o777).toString(8)}): it must be 0600, or root's and 0440`;
}

/**
 * Content of a key file, without white space around it; undefined if it does not exist.
 *
 * @throws UnusableDirectoryError if other accounts may use the file
 */
export function readKeyFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw unusable(path, 'cannot be read', error);
  }
  try {
    const refusal = refusalOf(fstatSync(file), statSync(dirname(path)), process.geteuid?.());
    if (refusal !== undefined)
      throw new UnusableDirectoryError(`${VARIABLE}: '${path}' is not used as a key: ${refusal}`);
    return readFileSync(file, 'utf8').trim();
  } finally {
    closeSync(file);
  }
}

/**
 * {@link createFile} for a key.
 *
 * @returns the content of the file
 * @throws UnusableDirectoryError if it cannot be written
 */
export function createKeyFile(path: string, content: string): string {
  try {
    createFile(path, `${content}\n`);
  } catch (error) {
    throw unusable(path, 'cannot be created', error);
  }
  const created = readKeyFile(path);
  if (created === undefined) throw unusable(path, 'cannot be used', new Error('it was removed meanwhile'));
  return created;
}

/**
 * Moves a key file of an earlier version out of the data; a file that is at its new place already stays.
 *
 * @param report called with what the operator has to do
 * @returns where the file is to be read
 */
export function moveKeyFile(from: string, to: string, report: (problem: string) => void): string {
  const content = readKeyFile(from);
  if (content === undefined) return to;
  try {
    if (createKeyFile(to, content) === content) rmSync(from);
    else report(`'${from}' is not read any more, because '${to}' exists: remove it`);
    return to;
  } catch (error) {
    if (!(error instanceof UnusableDirectoryError)) throw error;
    report(`'${from}' is still read, but a key does not belong beside the data. ${error.message}`);
    return from;
  }
}

/**
 * Closes the directory with the keys to other accounts, if it exists and is this account's; keys of others are checked
 * when they are read.
 */
export function closeKeysDirectory(directory: string): void {
  const entry = statSync(directory, { throwIfNoEntry: false });
  if (entry !== undefined && entry.uid === process.geteuid?.()) closeDirectory(directory, VARIABLE);
}

function unusable(path: string, problem: string, cause: unknown): UnusableDirectoryError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UnusableDirectoryError(
    `${VARIABLE}: '${path}' ${problem} (${reason}); set ${VARIABLE} to a directory that this process can write, outside of DATA_DIR`,
    { cause },
  );
}
