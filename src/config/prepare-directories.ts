import { closeKeysDirectory } from '../common/keys/key-file.js';
import { closeDirectory } from '../common/private-directory.js';
import { type AppConfig } from './app-config.js';

/**
 * Creates `DATA_DIR`, and takes the access of other accounts to it and to `KEYS_DIR` away.
 *
 * @returns warnings for the log
 * @throws UnusableDirectoryError if `DATA_DIR` cannot be written, or one of them stays open to others
 */
export function prepareDirectories({ dataDir, keysDir }: Pick<AppConfig, 'dataDir' | 'keysDir'>): readonly string[] {
  const warning = closeDirectory(dataDir, 'DATA_DIR');
  closeKeysDirectory(keysDir);
  return warning === undefined ? [] : [warning];
}
