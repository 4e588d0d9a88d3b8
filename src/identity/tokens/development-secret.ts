import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../common/error-code.js';

const SECRET_BYTES = 32;
/** 32 bytes in base64url. */
const SECRET_TEXT = /^[\w-]{43}$/;

/**
 * Signing secret of this data directory, `DATA_DIR/identity/jwt-secret`: random, created on first use, readable by its
 * owner only. Concurrent processes get the same secret.
 *
 * @throws Error if the file contains something else
 */
export function developmentSecret(dataDir: string): Uint8Array {
  const directory = join(dataDir, 'identity');
  const path = join(directory, 'jwt-secret');
  return read(path) ?? create(directory, path);
}

/**
 * Writes a temporary file and links it, so that a reader never sees part of it; if another process was first, its
 * secret is used.
 */
function create(directory: string, path: string): Uint8Array {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const temporary = join(directory, `jwt-secret.${randomBytes(8).toString('hex')}`);
  writeFileSync(temporary, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  const secret = read(path);
  if (!secret) throw new Error(`${path} was removed while it was being read; restart`);
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
      `${path} does not contain a valid secret; remove it to create a new one, which invalidates all earlier tokens`,
    );
  return Buffer.from(text, 'base64url');
}
