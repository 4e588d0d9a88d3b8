/** Groups of endpoints that everyone may ask unless the configuration closes them. */
export const OPEN_ENDPOINTS = ['health', 'uptime'] as const;
export type OpenEndpoints = (typeof OPEN_ENDPOINTS)[number];

/** What bearer tokens are checked against. */
export type TokenTrust =
  /** Signed by an issuer that publishes its keys. */
  | { readonly kind: 'jwks'; readonly url: string; readonly issuer: string; readonly audience: string }
  /** Signed with a secret that the issuer and this service share. */
  | {
      readonly kind: 'secret';
      readonly secret: string;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
    }
  /** With a secret that the service makes and keeps under `dataDir`; only on the embedded KurrentDB. */
  | { readonly kind: 'development' };

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything the service can be told from outside; read and checked once, at boot. */
export interface AppConfig {
  readonly http: {
    /** 0: any free port. */
    readonly port: number;
    readonly host: string;
    /** Largest request body in bytes. */
    readonly maxBodyBytes: number;
    readonly rateLimit: {
      readonly windowMs: number;
      /** Requests that one address may make in a window, as long as it does not say who asks. */
      readonly limit: number;
      /** Requests that one known caller may make in a window. */
      readonly limitPerUser: number;
    };
    /** How many proxies in front are trusted to tell the client's address. */
    readonly trustedProxies: number;
  };
  /** Absolute path of the directory that holds everything kept on this machine. */
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly shutdown: {
    /** Between SIGTERM, from which on the service is not ready, and the closing of its port. */
    readonly delayMs: number;
    /** What requests that are running then may still take. */
    readonly timeoutMs: number;
  };
  readonly kurrentdb: {
    /** Absent: the embedded KurrentDB. */
    readonly connectionString: string | undefined;
    /** How long an operation may take before it fails with a timeout. */
    readonly timeoutMs: number;
  };
  readonly auth: {
    readonly trust: TokenTrust;
    /** Claim of a token that holds the user's id. */
    readonly userClaim: string;
    /** Claim that holds the roles; dots lead into objects. */
    readonly rolesClaim: string;
    readonly openEndpoints: ReadonlySet<OpenEndpoints>;
  };
  readonly userStreams: {
    /** Per user. */
    readonly quota: { readonly streams: number; readonly bytes: number };
    /** Directory with JSON Schemas of the product; absent: the built-in ones alone. */
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
    /** How long the lease of the replica that probes lasts without being renewed. */
    readonly leaseMs: number;
    /** Most probes that run at once. */
    readonly concurrency: number;
    /** Most bytes of samples that wait on disk while KurrentDB cannot be reached. */
    readonly spoolBytes: number;
    /** How long raw samples wait to be recorded together; absent: as long as sixty of them take, an hour at most. */
    readonly sampleWindowMs: number | undefined;
    /** How long raw samples are kept; 0: forever. */
    readonly samplesMaxAgeDays: number;
  };
}

/** Injection token of the {@link AppConfig}. */
export const APP_CONFIG = Symbol('APP_CONFIG');

/** The configuration cannot be used; the message names every wrong variable, what it was and what it may be. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
