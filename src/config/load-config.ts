import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { databaseTarget, DEFAULT_GRADE_LIMITS, httpTarget, type MonitoredService, webSocketTarget } from '../uptime/domain/index.js';
import { type AppConfig, ConfigurationError, type TokenTrust } from './app-config.js';
import { parseServicesFile } from './services-file.js';
import { variables, type VariableValues } from './variables.js';

/**
 * Reads and checks the whole configuration.
 *
 * @param environment as `process.env`; a variable set to an empty text counts as not set
 * @throws ConfigurationError naming every problem there is, not only the first
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): AppConfig {
  const problems: string[] = [];
  const values = parseVariables(environment, problems);
  if (!values) throw new ConfigurationError(problems);

  const rules = {
    intervalMs: values.UPTIME_INTERVAL_MS,
    timeoutMs: values.UPTIME_TIMEOUT_MS,
    failureThreshold: values.UPTIME_FAILURE_THRESHOLD,
    successThreshold: values.UPTIME_SUCCESS_THRESHOLD,
    grades: DEFAULT_GRADE_LIMITS,
    tags: [],
    jitterMs: 0,
    retries: 0,
    retryDelayMs: 1_000,
  };
  const documented: MonitoredService[] = [
    { name: 'http', target: httpTarget(values.UPTIME_HTTP_URL), ...rules },
    { name: 'websocket', target: webSocketTarget(values.UPTIME_WEBSOCKET_URL), ...rules },
    { name: 'database', target: databaseTarget(values.UPTIME_DATABASE_URL), ...rules },
  ];
  const named = values.UPTIME_SERVICES_FILE === undefined ? [] : readServices(values.UPTIME_SERVICES_FILE, rules, problems);
  const trust = trustOf(values, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);

  return {
    http: {
      port: values.PORT,
      host: values.HOST,
      maxBodyBytes: values.HTTP_MAX_BODY_BYTES,
      rateLimit: { windowMs: values.RATE_LIMIT_WINDOW_MS, limit: values.RATE_LIMIT, limitPerUser: values.RATE_LIMIT_PER_USER },
      trustedProxies: values.HTTP_TRUSTED_PROXIES,
    },
    dataDir: resolve(values.DATA_DIR),
    logLevel: values.LOG_LEVEL,
    shutdown: { delayMs: values.SHUTDOWN_DELAY_MS, timeoutMs: values.SHUTDOWN_TIMEOUT_MS },
    kurrentdb: { connectionString: values.KURRENTDB_CONNECTION_STRING, timeoutMs: values.KURRENTDB_TIMEOUT_MS },
    auth: { trust, userClaim: values.AUTH_USER_CLAIM, rolesClaim: values.AUTH_ROLES_CLAIM, openEndpoints: values.AUTH_OPEN_ENDPOINTS },
    userStreams: { quota: { streams: values.USER_QUOTA_STREAMS, bytes: values.USER_QUOTA_BYTES }, schemasDir: values.USER_SCHEMAS_DIR },
    uptime: { services: [...documented.filter(({ name }) => !named.some((service) => service.name === name)), ...named], sampleWindowMs: values.UPTIME_SAMPLE_WINDOW_MS },
  };
}

function parseVariables(environment: Readonly<Record<string, string | undefined>>, problems: string[]): VariableValues | undefined {
  const values: Record<string, unknown> = {};
  for (const variable of Object.values(variables)) {
    const given = environment[variable.name];
    const text = given === undefined || given === '' ? ('default' in variable ? variable.default : undefined) : given;
    if (text === undefined) continue;
    try {
      values[variable.name] = variable.parse(text);
    } catch (error) {
      const shown = 'secret' in variable ? 'a value that is not shown' : `'${text}'`;
      problems.push(`${variable.name} is ${shown}; it must be ${(error as Error).message}`);
    }
  }
  // Every entry was put there by the parser of the variable it is named for.
  return problems.length === 0 ? (values as VariableValues) : undefined;
}

/** Real authentication is a must where others share the store; alone with the embedded one, the service makes its own secret. */
function trustOf(values: VariableValues, problems: string[]): TokenTrust {
  const { AUTH_JWKS_URL: url, AUTH_JWT_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = values;
  if (url !== undefined && secret !== undefined) problems.push('AUTH_JWKS_URL and AUTH_JWT_SECRET are both set; tokens are checked against one of them: unset the other');
  if (url !== undefined) {
    for (const [name, value] of [['AUTH_ISSUER', issuer], ['AUTH_AUDIENCE', audience]] as const) {
      if (value === undefined) problems.push(`${name} is not set; it must be what the tokens of AUTH_JWKS_URL name, or tokens made for others would be accepted`);
    }
    return { kind: 'jwks', url, issuer: issuer ?? '', audience: audience ?? '' };
  }
  if (secret !== undefined) return { kind: 'secret', secret, issuer, audience };
  if (values.KURRENTDB_CONNECTION_STRING !== undefined) problems.push('AUTH_JWKS_URL or AUTH_JWT_SECRET must be set where KURRENTDB_CONNECTION_STRING is: without real authentication the service only runs on its embedded KurrentDB');
  return { kind: 'development' };
}

type ServiceRules = Omit<MonitoredService, 'name' | 'target'>;

function readServices(path: string, rules: ServiceRules, problems: string[]): MonitoredService[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    problems.push(`UPTIME_SERVICES_FILE is '${path}', which cannot be read: ${(error as Error).message}`);
    return [];
  }
  const { services, problems: found } = parseServicesFile(text, rules);
  problems.push(...found.map((problem) => `${path}: ${problem}`));
  return services;
}
