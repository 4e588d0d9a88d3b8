import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFile } from '../../common/create-file.js';
import { hasCode } from '../../common/error-code.js';
import { moveKeyFile, readKeyFile } from '../../common/keys/key-file.js';
import { isStorageFull } from '../../common/storage-full.js';
import { type AppConfig } from '../../config/index.js';

const PASSWORD_FILE = 'admin-password';
const KEY_FILES = [PASSWORD_FILE, 'tls/ca.crt', 'tls/node.crt', 'tls/node.key'];
const ID_BYTES = 6;

type Directories = Pick<AppConfig, 'dataDir' | 'keysDir'>;

/** Directory of the embedded store. */
export function embeddedDirectory({ dataDir }: Pick<AppConfig, 'dataDir'>): string {
  return join(dataDir, 'kurrentdb');
}

/**
 * Directory of the password and the TLS files of the embedded store, `KEYS_DIR/kurrentdb-{id}`: stores that share a
 * `KEYS_DIR` have one each. The id is in the store's directory, so that it follows the store.
 */
export function embeddedKeysDirectory(directories: Directories): string {
  const directory = embeddedDirectory(directories);
  const id = readId(directory);
  if (id === undefined) return directory;
  const keys = keysOf(directories, id);
  // Of an earlier version, if they could not be moved.
  return !existsSync(join(keys, PASSWORD_FILE)) && existsSync(join(directory, PASSWORD_FILE)) ? directory : keys;
}

/**
 * Moves the files of an earlier version out of the data.
 *
 * @param report called with what the operator has to do
 * @returns {@link embeddedKeysDirectory}
 * @throws UnusableDirectoryError if other accounts may use the files
 */
export function prepareEmbeddedKeys(directories: Directories, report: (problem: string) => void): string {
  const directory = embeddedDirectory(directories);
  let id: string;
  try {
    id = readId(directory) ?? createId(directory);
  } catch (error) {
    if (!isStorageFull(error, directory)) throw error;
    report(`The keys of ${directory} stay there: the disk is full. The next start moves them`);
    return directory;
  }
  const keys = keysOf(directories, id);
  for (const file of KEY_FILES) {
    const from = join(directory, file);
    if (moveKeyFile(from, join(keys, file), report) === from) break;
  }
  return embeddedKeysDirectory(directories);
}

/** Connection string without the password, for a file beside the data. */
export function withoutPassword(connectionString: string): string {
  return connectionString.replace(/^(kurrentdb:\/\/[^:@/]+):[^@/]*@/, '$1@');
}

/** Inverse of {@link withoutPassword}. */
export function withPassword(connectionString: string, directories: Directories): string {
  const password = readKeyFile(join(embeddedKeysDirectory(directories), PASSWORD_FILE)) ?? '';
  return connectionString.replace(/^(kurrentdb:\/\/[^:@/]+)@/, `$1:${encodeURIComponent(password)}@`);
}

function keysOf({ keysDir }: Directories, id: string): string {
  return join(keysDir, `kurrentdb-${id}`);
}

function idFile(directory: string): string {
  return join(directory, 'service-id');
}

function createId(directory: string): string {
  rmSync(idFile(directory), { force: true }); // damaged
  createFile(idFile(directory), randomBytes(ID_BYTES).toString('hex'));
  return readFileSync(idFile(directory), 'utf8');
}

/** Undefined also for a damaged file: the store gets new keys. */
function readId(directory: string): string | undefined {
  try {
    const id = readFileSync(idFile(directory), 'utf8').trim();
    return /^[0-9a-f]+$/.test(id) ? id : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
