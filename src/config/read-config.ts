import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type AppConfig } from './app-config.js';
import { loadConfig } from './load-config.js';
import { type ServicesHandlers, type ServicesWatch, watchServices } from './services-watch.js';

const DOTENV = '.env';

let config: AppConfig | undefined;

/**
 * The configuration of this process, read at the first call: from `.env` of the working directory where there is one, and from the
 * environment, which wins.
 *
 * @throws ConfigurationError
 */
export function readConfig(): AppConfig {
  config ??= loadConfig(readEnvironment());
  return config;
}

/**
 * Tells what changes in the services file, from what `config` says of it on; where there is none, nothing does. For each change, `.env`
 * is read again too, so that a secret can come with the service that refers to it.
 *
 * @param config of {@link readConfig}
 */
export function watchUptimeServices(
  { uptime: { servicesFile, servicesDigest, services } }: AppConfig,
  handlers: ServicesHandlers,
): ServicesWatch {
  if (servicesFile === undefined || servicesDigest === undefined) return { close: () => undefined };
  return watchServices(
    servicesFile,
    { services, digest: servicesDigest },
    () => loadConfig({ ...readEnvironment(), UPTIME_SERVICES_FILE: servicesFile }).uptime.services,
    handlers,
  );
}

function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...(existsSync(DOTENV) ? parseEnv(readFileSync(DOTENV, 'utf8')) : {}), ...process.env };
}
