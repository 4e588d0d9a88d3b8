import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../common/wait.js';
import { ConnectionError } from '../domain/index.js';

const CONNECTION_FILE = 'connection';
/** A server that has just taken its directory may need so long until it can be connected to, in milliseconds. */
const START_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** How other processes of the same user reach the embedded server of this one. */
interface Connection {
  /** The process that holds the directory: after a kill the file stays, and must not be taken for that of the next one. */
  readonly holder: string;
  readonly connectionString: string;
}

/** Tells other processes of the same user how to reach the server that runs on a directory. It holds a password: for the owner only. */
export function publishConnection(directory: string, connection: Connection): void {
  const path = join(directory, CONNECTION_FILE);
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  renameSync(unfinished, path);
}

export function removeConnection(directory: string): void {
  rmSync(join(directory, CONNECTION_FILE), { force: true });
}

/**
 * The connection string of the server that runs on a directory; undefined where none does.
 *
 * @param holderOf the running process that holds a directory
 * @throws ConnectionError for a process that holds the directory without saying how to reach it
 */
export async function resolveConnection(
  directory: string,
  holderOf: (directory: string) => string | undefined,
): Promise<string | undefined> {
  for (const deadline = Date.now() + START_WITHIN_MS; ;) {
    const holder = holderOf(directory);
    if (holder === undefined) return undefined;
    const connection = readConnection(directory);
    if (connection?.holder === holder) return connection.connectionString;
    if (Date.now() > deadline)
      throw new ConnectionError(
        `${directory} is in use by a process that does not say how to reach it; stop it, or set KURRENTDB_CONNECTION_STRING to that of its server`,
      );
    await sleep(LOOK_AGAIN_MS);
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
    return undefined; // there is none (yet)
  }
}
