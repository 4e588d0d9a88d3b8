import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from './error-code.js';

const GROUP = 0o070;
const OTHERS = 0o007;
const SET_GROUP_ID = 0o2000;
/** Permissions with set-user-ID, set-group-ID and sticky bit. */
const ALL_BITS = 0o7777;
const ROOT = 0;

/** A directory or file, as stat(2) shows it. */
export interface Entry {
  readonly mode: number;
  readonly uid: number;
}

/** The directory of a variable cannot be used; the message is one line that names the variable and what to do. */
export class UnusableDirectoryError extends Error {
  override readonly name = 'UnusableDirectoryError';
}

/**
 * Whether a group was given access on purpose. Kubernetes (`fsGroup`) sets the set-group-ID bit of a volume, as an
 * administrator does who shares a directory; without it, the group may have every account of the machine as a member.
 */
export function isSharedWithGroup({ mode }: Entry): boolean {
  return (mode & SET_GROUP_ID) !== 0;
}

/** The permission bits of an entry that accounts other than those meant have. */
export function excessOf({ mode }: Entry, isShared: boolean): number {
  return mode & (isShared ? OTHERS : GROUP | OTHERS);
}

/**
 * Creates a directory if it is missing, and takes the access of other accounts away from it and from all that is in it.
 *
 * @param variable that names the directory, for messages
 * @returns a warning for a volume that the process does not own: what it creates there is private all the same
 * @throws UnusableDirectoryError if it cannot be written, or something in it stays open to others
 */
export function closeDirectory(directory: string, variable: string): string | undefined {
  const root = openRoot(directory, variable);
  const isShared = isSharedWithGroup(root);
  // Each directory before what is in it: then nobody else can exchange that meanwhile.
  const rootLeft = close(directory, isShared);
  const left = [...closeAll(directory, isShared)];
  if (rootLeft !== undefined && !isVolume(directory, root)) left.unshift(rootLeft);
  if (left.length > 0) throw stillOpen(variable, left);
  return rootLeft === undefined
    ? undefined
    : `${variable}: ${rootLeft}. What is in it is private, but others could exchange it: use a directory of its own below it`;
}

function openRoot(directory: string, variable: string): Entry {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return statSync(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnusableDirectoryError(
      `${variable} is '${directory}', which cannot be written (${reason}): set ${variable} to a directory that this process can write`,
      { cause: error },
    );
  }
}

/** @returns who can still use the entry; undefined if nobody else can, or the entry was removed meanwhile */
function close(path: string, isShared: boolean): string | undefined {
  try {
    const entry = statSync(path);
    const excess = excessOf(entry, isShared);
    if (excess !== 0) chmodSync(path, entry.mode & ALL_BITS & ~excess);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!hasCode(error, 'EPERM') && !hasCode(error, 'EROFS')) throw error;
    const { mode, uid } = statSync(path);
    return `'${path}' is open to other accounts (mode ${(mode & ALL_BITS).toString(8)}) and belongs to the account ${uid}`;
  }
}

function* closeAll(directory: string, isShared: boolean): Generator<string> {
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    const entry = lstatSync(path, { throwIfNoEntry: false });
    // A link of another account could name any file of this one.
    if (entry === undefined || (entry.isSymbolicLink() && entry.uid !== process.geteuid?.())) continue;
    const left = close(path, isShared);
    if (left !== undefined) yield left;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) yield* closeAll(path, isShared);
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // Removed meanwhile, or closed by another account (`lost+found`).
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) return [];
    throw error;
  }
}

/** A file system that root mounted and opened, such as an `emptyDir` of Kubernetes, which is 0777 and root's. */
function isVolume(directory: string, { uid }: Entry): boolean {
  return uid === ROOT && statSync(dirname(directory)).dev !== statSync(directory).dev;
}

function stillOpen(variable: string, left: readonly string[]): UnusableDirectoryError {
  const [first = '', ...others] = left;
  const more = others.length === 0 ? '' : `, and so are ${others.length} more`;
  return new UnusableDirectoryError(
    `${variable}: ${first}${more}. Private data would be readable: run 'chmod -R o-rwx' as that account, or set ${variable} to another directory`,
  );
}
