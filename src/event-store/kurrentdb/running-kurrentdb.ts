import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStorageFull } from '../../common/storage-full.js';
import { sleep } from '../../common/wait.js';
import { ConnectionError } from '../domain/index.js';

const CONNECTION_FILE = 'connection';
/** From the lock of the directory to the publication of the connection. */
const START_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;
const PUBLISH_RETRY_MS = 5_000;

/** Connection to the embedded server, for other processes of the same user. */
interface Connection {
  /** Identity of the process that has locked the directory: a file that a killed process has left is ignored. */
  readonly holder: string;
  /** Without the password, which is in `KEYS_DIR`. */
  readonly connectionString: string;
}

/**
 * Publishes the connection; on a full disk, as soon as there is room.
 *
 * @param onFull called if the disk is full
 * @returns removes it
 */
export function publishConnection(directory: string, connection: Connection, onFull: () => void): () => void {
  let retry: NodeJS.Timeout | undefined;
  const publish = (isRetry: boolean): void => {
    try {
      writeConnection(directory, connection);
    } catch (error) {
      if (!isStorageFull(error, directory)) throw error;
      if (!isRetry) onFull();
      retry = setTimeout(() => publish(true), PUBLISH_RETRY_MS);
    }
  };
  publish(false);
  return () => {
    clearTimeout(retry);
    rmSync(join(directory, CONNECTION_FILE), { force: true });
  };
}

/** Writes the connection file, readable by its owner only. */
function writeConnection(directory: string, connection: Connection): void {
  const path = join(directory, CONNECTION_FILE);
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/**
 * Connection string of the server that runs on a directory; undefined if there is none.
 *
 * @param holderOf identity of the running process that has locked a directory
 * @throws ConnectionError if a process has locked the directory without publishing its connection
 */
export async function resolveConnection(
  directory: string,
  holderOf: (directory: string) => string | undefined,
): Promise<string | undefined> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; ;) {
    const holder = holderOf(directory);
    if (holder === undefined) return undefined;
    const connection = readConnection(directory);
    if (connection?.holder === holder) return connection.connectionString;
    if (Date.now() > deadline)
      throw new ConnectionError(
        `${directory} is locked by a process that has not published its connection within ${START_TIMEOUT_MS} ms; ` +
          'stop the process, or set KURRENTDB_CONNECTION_STRING to that of its server',
      );
    await sleep(POLL_INTERVAL_MS);
  }
}

function readConnection(directory: string): Connection | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(directory, CONNECTION_FILE), 'utf8'));
    if (typeof value !== 'object' || value === null || !('holder' in value) || !('connectionString' in value))
      return undefined;
    const { holder, connectionString } = value;
    return typeof holder === 'string' && typeof connectionString === 'string'
      ? { holder, connectionString }
      : undefined;
  } catch {
    return undefined; // not published (yet)
  }
}
