import { existsSync } from 'node:fs';
import { type AppConfig } from './app-config.js';
import { loadConfig } from './load-config.js';

const DOTENV = '.env';

let config: AppConfig | undefined;

/**
 * The configuration of this process, read at the first call: from `.env` of the working directory where there is one, and from the
 * environment, which wins.
 *
 * @throws ConfigurationError
 */
export function readConfig(): AppConfig {
  if (!config) {
    if (existsSync(DOTENV)) process.loadEnvFile(DOTENV);
    config = loadConfig(process.env);
  }
  return config;
}
