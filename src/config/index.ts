export { APP_CONFIG, type AppConfig, ConfigurationError, type TokenTrust } from './app-config.js';
export { ConfigModule } from './config.module.js';
export { type ConfigCheck, type Environment, loadConfig } from './load-config.js';
export { prepareDirectories } from './prepare-directories.js';
export { readConfig, readEnvironment } from './read-config.js';
export {
  MAX_RETRIES,
  MAX_THRESHOLD,
  MIN_INTERVAL_MS,
  MIN_TIMEOUT_MS,
  type LogLevel,
  type OpenEndpoints,
  variables,
} from './variables.js';
