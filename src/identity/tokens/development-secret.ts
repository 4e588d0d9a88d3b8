import { join } from 'node:path';
import { moveKeyFile, readKeyFile } from '../../common/keys/key-file.js';
import { ServiceKeys } from '../../common/keys/service-keys.js';
import { type AppConfig } from '../../config/index.js';

/** 32 bytes in base64url. */
const SECRET_TEXT = /^[\w-]{43}$/;

/**
 * Signing secret of tokens where none is configured: derived from the service's keys, which are created on first use.
 * The secret `jwt-secret` of version 0.1.0 stays in use, so that its tokens stay valid.
 *
 * @param report called if that secret could not be moved from `DATA_DIR` to `KEYS_DIR`
 * @throws Error if the file contains something else
 */
export function developmentSecret(
  { dataDir, keysDir }: Pick<AppConfig, 'dataDir' | 'keysDir'>,
  report: (problem: string) => void,
): Uint8Array {
  const path = moveKeyFile(join(dataDir, 'identity', 'jwt-secret'), join(keysDir, 'jwt-secret'), report);
  const text = readKeyFile(path);
  if (text === undefined) return ServiceKeys.open(keysDir).current('development-tokens').key;
  if (!SECRET_TEXT.test(text))
    throw new Error(
      `${path} does not contain a valid secret; remove it to use a new one, which invalidates all earlier tokens`,
    );
  return Buffer.from(text, 'base64url');
}
