import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type AppConfig } from './app-config.js';
import { type ConfigCheck, type Environment, loadConfig } from './load-config.js';

const DOTENV = '.env';

let config: AppConfig | undefined;

/**
 * The configuration of this process, loaded at the first call.
 *
 * @param checks of the features; they count at the first call only
 * @throws ConfigurationError
 */
export function readConfig(checks: readonly ConfigCheck[] = []): AppConfig {
  config ??= loadConfig(readEnvironment(), checks);
  return config;
}

/** Variables of `.env` in the working directory, if it exists, overridden by those of the process. */
export function readEnvironment(): Environment {
  return { ...(existsSync(DOTENV) ? parseEnv(readFileSync(DOTENV, 'utf8')) : {}), ...process.env };
}
