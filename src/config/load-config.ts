import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  databaseTarget,
  DEFAULT_GRADE_LIMITS,
  httpTarget,
  type MonitoredService,
  webSocketTarget,
} from '../uptime/domain/index.js';
import { type AppConfig, ConfigurationError, type TokenTrust } from './app-config.js';
import { misfitOf, type ServiceRules } from './service-rules.js';
import { digestOf, parseServicesFile, type ServicesFileDependencies } from './services-file.js';
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

  const { services, digest } = servicesOf(values, environment, problems);
  const trust = trustOf(values, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);

  return {
    http: {
      port: values.PORT,
      host: values.HOST,
      maxBodyBytes: values.HTTP_MAX_BODY_BYTES,
      rateLimit: {
        windowMs: values.RATE_LIMIT_WINDOW_MS,
        limit: values.RATE_LIMIT,
        limitPerUser: values.RATE_LIMIT_PER_USER,
      },
      trustedProxies: values.HTTP_TRUSTED_PROXIES,
    },
    dataDir: resolve(values.DATA_DIR),
    logLevel: values.LOG_LEVEL,
    shutdown: { delayMs: values.SHUTDOWN_DELAY_MS, timeoutMs: values.SHUTDOWN_TIMEOUT_MS },
    kurrentdb: { connectionString: values.KURRENTDB_CONNECTION_STRING, timeoutMs: values.KURRENTDB_TIMEOUT_MS },
    auth: {
      trust,
      userClaim: values.AUTH_USER_CLAIM,
      rolesClaim: values.AUTH_ROLES_CLAIM,
      openEndpoints: values.AUTH_OPEN_ENDPOINTS,
    },
    userStreams: {
      quota: { streams: values.USER_QUOTA_STREAMS, bytes: values.USER_QUOTA_BYTES },
      schemasDir: values.USER_SCHEMAS_DIR,
    },
    uptime: {
      services,
      servicesFile: values.UPTIME_SERVICES_FILE,
      servicesDigest: digest,
      leaseMs: values.UPTIME_LEASE_MS,
      concurrency: values.UPTIME_CONCURRENCY,
      spoolBytes: values.UPTIME_SPOOL_BYTES,
      sampleWindowMs: values.UPTIME_SAMPLE_WINDOW_MS,
      samplesMaxAgeDays: values.UPTIME_SAMPLES_MAX_AGE_DAYS,
    },
  };
}

function parseVariables(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): VariableValues | undefined {
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
  if (url !== undefined && secret !== undefined)
    problems.push(
      'AUTH_JWKS_URL and AUTH_JWT_SECRET are both set; tokens are checked against one of them: unset the other',
    );
  if (url !== undefined) {
    for (const [name, value] of [
      ['AUTH_ISSUER', issuer],
      ['AUTH_AUDIENCE', audience],
    ] as const) {
      if (value === undefined)
        problems.push(
          `${name} is not set; it must be what the tokens of AUTH_JWKS_URL name, or tokens made for others would be accepted`,
        );
    }
    return { kind: 'jwks', url, issuer: issuer ?? '', audience: audience ?? '' };
  }
  if (secret !== undefined) return { kind: 'secret', secret, issuer, audience };
  if (values.KURRENTDB_CONNECTION_STRING !== undefined)
    problems.push(
      'AUTH_JWKS_URL or AUTH_JWT_SECRET must be set where KURRENTDB_CONNECTION_STRING is: without real authentication the service only runs on its embedded KurrentDB',
    );
  return { kind: 'development' };
}

/** How long after a failed try the next one begins, where nothing else is said. */
const RETRY_DELAY_MS = 1_000;

interface FoundServices {
  readonly services: MonitoredService[];
  /** Of the services file, where there is one. */
  readonly digest?: string;
}

/** The documented services, and those of the services file, which may say more of the documented ones. */
function servicesOf(
  values: VariableValues,
  environment: ServicesFileDependencies['environment'],
  problems: string[],
): FoundServices {
  const rules: ServiceRules = {
    intervalMs: values.UPTIME_INTERVAL_MS,
    timeoutMs: values.UPTIME_TIMEOUT_MS,
    failureThreshold: values.UPTIME_FAILURE_THRESHOLD,
    successThreshold: values.UPTIME_SUCCESS_THRESHOLD,
    grades: DEFAULT_GRADE_LIMITS,
    tags: [],
    jitterMs: values.UPTIME_JITTER_MS,
    retries: values.UPTIME_RETRIES,
    retryDelayMs: RETRY_DELAY_MS,
  };
  const misfit = misfitOf(rules);
  if (misfit)
    problems.push(
      `UPTIME_${misfit.rule === 'jitter' ? 'JITTER_MS' : 'RETRIES'}, UPTIME_TIMEOUT_MS and UPTIME_INTERVAL_MS do not go together: ${misfit.text}`,
    );
  const documented: MonitoredService[] = [
    { name: 'http', target: httpTarget(values.UPTIME_HTTP_URL), ...rules },
    { name: 'websocket', target: webSocketTarget(values.UPTIME_WEBSOCKET_URL), ...rules },
    { name: 'database', target: databaseTarget(values.UPTIME_DATABASE_URL), ...rules },
  ];
  const dependencies = {
    environment,
    rules,
    documented: new Map(documented.map(({ name, target }) => [name, target])),
  };
  const { services: named, ...rest } =
    values.UPTIME_SERVICES_FILE === undefined
      ? { services: [] }
      : readServices(values.UPTIME_SERVICES_FILE, dependencies, problems);
  // In their places: a service that the file says more of is still one of the documented three.
  const services = [
    ...documented.map((service) => named.find(({ name }) => name === service.name) ?? service),
    ...named.filter(({ name }) => !dependencies.documented.has(name)),
  ];
  return { services, ...rest };
}

function readServices(path: string, dependencies: ServicesFileDependencies, problems: string[]): FoundServices {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    problems.push(`UPTIME_SERVICES_FILE is '${path}', which cannot be read: ${(error as Error).message}`);
    return { services: [] };
  }
  const { services, problems: found } = parseServicesFile(content.toString('utf8'), dependencies);
  problems.push(...found.map((problem) => `${path}: ${problem}`));
  return { services, digest: digestOf(content) };
}
