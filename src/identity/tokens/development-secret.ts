import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRET_BYTES = 32;
/** 32 bytes in base64url. */
const SECRET_TEXT = /^[\w-]{43}$/;

/**
 * The secret of this data directory, `DATA_DIR/identity/jwt-secret`: made by chance when it is first asked for, readable by its owner
 * only. Processes that ask at the same time get the same one.
 *
 * @throws Error if the file holds something else
 */
export function developmentSecret(dataDir: string): Uint8Array {
  const directory = join(dataDir, 'identity');
  const path = join(directory, 'jwt-secret');
  return read(path) ?? create(directory, path);
}

/** Written whole under another name and then linked, which fails where another process was faster: its secret holds then. */
function create(directory: string, path: string): Uint8Array {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const own = join(directory, `jwt-secret.${randomBytes(8).toString('hex')}`);
  writeFileSync(own, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(own, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const secret = read(path);
  if (!secret) throw new Error(`${path} was removed while it was read; start again`);
  return secret;
}

function read(path: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (!SECRET_TEXT.test(text))
    throw new Error(
      `${path} does not hold a secret; remove it, and a new one is made (tokens that were made before are refused then)`,
    );
  return Buffer.from(text, 'base64url');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
