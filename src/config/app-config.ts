/** Groups of endpoints that are public unless the configuration closes them. */
export const OPEN_ENDPOINTS = ['health', 'uptime'] as const;
export type OpenEndpoints = (typeof OPEN_ENDPOINTS)[number];

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
  /** By a secret that the service generates and stores under `dataDir`; only with the embedded KurrentDB. */
  | { readonly kind: 'development' };

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Configuration of the service; read and validated once, at boot. */
export interface AppConfig {
  readonly http: {
    /** 0: any free port. */
    readonly port: number;
    readonly host: string;
    /** Largest request body in bytes. */
    readonly maxBodyBytes: number;
    readonly rateLimit: {
      readonly windowMs: number;
      /** Unauthenticated requests for each address and window. */
      readonly limit: number;
      /** Requests for each authenticated caller and window. */
      readonly limitPerUser: number;
    };
    /** Number of reverse proxies whose `X-Forwarded-For` is trusted. */
    readonly trustedProxies: number;
  };
  /** Absolute path of the directory for all local data. */
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly shutdown: {
    /** From SIGTERM, when the service stops being ready, to the close of its port. */
    readonly delayMs: number;
    /** Time limit of the requests that are running then. */
    readonly timeoutMs: number;
  };
  readonly kurrentdb: {
    /** Absent: the embedded KurrentDB. */
    readonly connectionString: string | undefined;
    /** Time limit of an operation. */
    readonly timeoutMs: number;
  };
  readonly auth: {
    readonly trust: TokenTrust;
    /** Claim of a token with the user's id. */
    readonly userClaim: string;
    /** Claim with the roles; a path with dots selects a nested one. */
    readonly rolesClaim: string;
    readonly openEndpoints: ReadonlySet<OpenEndpoints>;
  };
  readonly userStreams: {
    /** Per user. */
    readonly quota: { readonly streams: number; readonly bytes: number };
    /** Directory with JSON Schemas of the product; absent: only the built-in ones. */
    readonly schemasDir: string | undefined;
  };
  readonly uptime: {
    /** Targets of the documented services; undefined: this service itself, or the KurrentDB in use. */
    readonly targetUrls: {
      readonly http: string | undefined;
      readonly websocket: string | undefined;
      readonly database: string | undefined;
    };
    /** Defaults for every service. */
    readonly defaults: {
      readonly intervalMs: number;
      readonly timeoutMs: number;
      readonly jitterMs: number;
      readonly retries: number;
      readonly failureThreshold: number;
      readonly successThreshold: number;
    };
    /** Path of the YAML file with more services; undefined: none. */
    readonly servicesFile: string | undefined;
    /** Duration of the lease of the probing replica without renewal. */
    readonly leaseMs: number;
    /** Maximum number of concurrent probes. */
    readonly concurrency: number;
    /** Maximum size of the samples that are spooled to disk while KurrentDB cannot be reached. */
    readonly spoolBytes: number;
    /** Time for which raw samples are batched; absent: 60 intervals, at most an hour. */
    readonly sampleWindowMs: number | undefined;
    /** Retention of raw samples; 0: forever. */
    readonly samplesMaxAgeDays: number;
  };
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
