import { dirname, join, resolve } from 'node:path';
import { type VariableValues } from './variables.js';

/** Verification of bearer tokens. */
export type TokenTrust =
  /** By the published keys (JWKS) of the issuer. */
  | { readonly kind: 'jwks'; readonly url: string; readonly issuer: string; readonly audience: string }
  /** By a secret that is shared with the issuer. */
  | {
      readonly kind: 'secret';
      readonly secret: string;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
    }
  /** By a secret that the service generates and stores in `keysDir`; only with the embedded KurrentDB. */
  | { readonly kind: 'development' };

/** Configuration of the service; read and validated once, at boot. */
export type AppConfig = ReturnType<typeof toConfig>;

/** The configuration of valid variables. What a member means is the description of its variable. */
export function toConfig(values: VariableValues, trust: TokenTrust) {
  const dataDir = resolve(values.DATA_DIR);
  return {
    http: {
      port: values.PORT,
      host: values.HOST,
      maxBodyBytes: values.HTTP_MAX_BODY_BYTES,
      maxBodyValues: values.HTTP_MAX_BODY_VALUES,
      rateLimit: {
        windowMs: values.RATE_LIMIT_WINDOW_MS,
        limit: values.RATE_LIMIT,
        limitPerUser: values.RATE_LIMIT_PER_USER,
      },
      trustedProxies: values.HTTP_TRUSTED_PROXIES,
      tls: values.HTTP_TLS,
      corsOrigins: values.CORS_ORIGINS,
    },
    /** Absolute path. */
    dataDir,
    /** Absolute path, outside of `dataDir`. */
    keysDir: values.KEYS_DIR === undefined ? join(dirname(dataDir), 'keys') : resolve(values.KEYS_DIR),
    dnsConfigFile: values.DNS_CONFIG_FILE,
    logLevel: values.LOG_LEVEL,
    readyzRequires: values.READYZ_REQUIRES,
    shutdown: { delayMs: values.SHUTDOWN_DELAY_MS, timeoutMs: values.SHUTDOWN_TIMEOUT_MS },
    kurrentdb: {
      connectionString: values.KURRENTDB_CONNECTION_STRING,
      timeoutMs: values.KURRENTDB_TIMEOUT_MS,
      restrictsDefaultAcl: values.KURRENTDB_RESTRICT_DEFAULT_ACL,
    },
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
      targetUrls: {
        http: values.UPTIME_HTTP_URL,
        websocket: values.UPTIME_WEBSOCKET_URL,
        database: values.UPTIME_DATABASE_URL,
      },
      defaults: {
        intervalMs: values.UPTIME_INTERVAL_MS,
        timeoutMs: values.UPTIME_TIMEOUT_MS,
        jitterMs: values.UPTIME_JITTER_MS,
        retries: values.UPTIME_RETRIES,
        failureThreshold: values.UPTIME_FAILURE_THRESHOLD,
        successThreshold: values.UPTIME_SUCCESS_THRESHOLD,
      },
      errorDetail: values.UPTIME_ERROR_DETAIL,
      servicesFile: values.UPTIME_SERVICES_FILE,
      leaseMs: values.UPTIME_LEASE_MS,
      concurrency: values.UPTIME_CONCURRENCY,
      spoolBytes: values.UPTIME_SPOOL_BYTES,
      sampleWindowMs: values.UPTIME_SAMPLE_WINDOW_MS,
      samplesMaxAgeDays: values.UPTIME_SAMPLES_MAX_AGE_DAYS,
    },
  } as const;
}

/** Injection token of the {@link AppConfig}. */
export const APP_CONFIG = Symbol('APP_CONFIG');

/** Invalid configuration; the message has every problem with its variable, the given and the allowed values. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
