import { DAY_MS } from '../common/durations.js';
import { oneOf, type Parsed, type Parser, string } from '../common/parse.js';
import { connectionString, corsOrigins, databaseUrl, integer, sharedSecret, url } from './value-parsers.js';

/** Groups of endpoints that are public unless the configuration closes them. */
const OPEN_ENDPOINTS = ['health', 'uptime'] as const;
export type OpenEndpoints = (typeof OPEN_ENDPOINTS)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Bounds of a service's settings, in the variables and in the services file. */
export const MIN_TIMEOUT_MS = 10;
export const MIN_INTERVAL_MS = 100;
export const MAX_RETRIES = 10;
/** Consecutive samples that confirm a change of status. */
export const MAX_THRESHOLD = 100;

/** An environment variable; a test compares `.env.example` with the list of them. */
export interface Variable<Value> {
  readonly description: string;
  /** As written in the environment; absent: no default. */
  readonly default?: string;
  readonly parse: Parser<Value>;
  /** The value must not appear in messages. */
  readonly secret?: true;
}

const openEndpoints: Parser<ReadonlySet<OpenEndpoints>> = (text, context) => {
  const names = text === 'none' ? [] : String(text).split(',');
  const groups = names.map((name) => OPEN_ENDPOINTS.find((group) => group === name.trim()));
  const found = groups.filter((group) => group !== undefined);
  if (found.length === groups.length) return new Set(found);
  return context.reject(`none, or one or more of ${OPEN_ENDPOINTS.join(', ')}, separated by commas`, text);
};

/** By name. */
export const variables = {
  PORT: {
    description: 'Port of the HTTP service; 0 selects a free one',
    default: '3001',
    parse: integer(0, 65_535),
  },
  HOST: { description: 'Address to listen on', default: '0.0.0.0', parse: string },
  DATA_DIR: {
    description:
      'Directory for local data: the embedded KurrentDB, the read models, and samples that are not recorded yet; for one process only',
    default: './data',
    parse: string,
  },
  KEYS_DIR: {
    description:
      'Directory for the keys and passwords that the service makes itself, outside of DATA_DIR, so that a copy of the data is not a copy of the keys; replicas share it; default: keys beside DATA_DIR',
    parse: string,
  },
  DNS_CONFIG_FILE: {
    description:
      'File with name servers and search domains, as resolv.conf(5); a server may have a port, as in [127.0.0.1]:5353; changes take effect without a restart',
    default: '/etc/resolv.conf',
    parse: string,
  },
  LOG_LEVEL: {
    description: `Minimum log level: ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    parse: oneOf(LOG_LEVELS),
  },
  HTTP_MAX_BODY_BYTES: {
    description: 'Largest request body with data of users, in bytes after decompression; other bodies have 64 KiB',
    default: '1572864',
    parse: integer(1_024, 16_777_216),
  },
  HTTP_MAX_BODY_VALUES: {
    description:
      'Most values and names of members in a request body with data of users, nested ones included; other bodies have 2000',
    default: '25000',
    parse: integer(100, 1_000_000),
  },
  HTTP_TRUSTED_PROXIES: {
    description:
      'Number of trusted proxies in front of the service, whose X-Forwarded-For and X-Forwarded-Proto are used',
    default: '0',
    parse: integer(0, 16),
  },
  HTTP_TLS: {
    description:
      'Where browsers must use HTTPS only (HSTS, upgrade-insecure-requests): forwarded (where a trusted proxy says so by X-Forwarded-Proto) or always (clients reach the service by HTTPS only)',
    default: 'forwarded',
    parse: oneOf(['forwarded', 'always'] as const),
  },
  CORS_ORIGINS: {
    description:
      'Origins whose scripts may use the API in a browser, such as https://app.example.org, separated by commas; or *: any origin, without cookies and other credentials of the browser; default: none',
    parse: corsOrigins,
  },
  RATE_LIMIT: {
    description: 'Requests per window from one address without authentication',
    default: '600',
    parse: integer(1, 10_000_000),
  },
  RATE_LIMIT_PER_USER: {
    description: 'Requests per window from one user or API key',
    default: '6000',
    parse: integer(1, 10_000_000),
  },
  RATE_LIMIT_WINDOW_MS: {
    description: 'Length of these windows, in milliseconds',
    default: '60000',
    parse: integer(1_000, 3_600_000),
  },
  READYZ_REQUIRES: {
    description:
      'When /readyz is 200: process (while uptime can be answered, also from the tables of this replica while KurrentDB is away) or store (while KurrentDB can be read and written, and user streams are up to date)',
    default: 'process',
    parse: oneOf(['process', 'store'] as const),
  },
  SHUTDOWN_DELAY_MS: {
    description:
      'How long the service keeps serving after SIGTERM, reporting not ready to load balancers, in milliseconds',
    default: '1000',
    parse: integer(0, 60_000),
  },
  SHUTDOWN_TIMEOUT_MS: {
    description: 'How long running requests may take after that delay, in milliseconds',
    default: '5000',
    parse: integer(0, 60_000),
  },
  KURRENTDB_CONNECTION_STRING: {
    description:
      'KurrentDB server or cluster to use; if not set, a KurrentDB embedded in the service stores under DATA_DIR',
    parse: connectionString,
    secret: true,
  },
  KURRENTDB_RESTRICT_DEFAULT_ACL: {
    description:
      'true changes the default access control list of an external KurrentDB, for the whole store: streams without a list of their own are for administrators only',
    default: 'false',
    parse: (text, context) => oneOf(['true', 'false'] as const)(text, context) === 'true',
  },
  KURRENTDB_TIMEOUT_MS: {
    description: 'Timeout of an operation on KurrentDB, in milliseconds',
    default: '5000',
    parse: integer(100, 120_000),
  },
  AUTH_JWKS_URL: {
    description: 'JWKS URL of the issuer of bearer tokens; requires AUTH_ISSUER and AUTH_AUDIENCE',
    parse: url('http:', 'https:'),
    secret: true,
  },
  AUTH_ISSUER: { description: 'Required issuer of tokens (`iss`)', parse: string },
  AUTH_AUDIENCE: { description: 'Required audience of tokens (`aud`)', parse: string },
  AUTH_JWT_SECRET: {
    description:
      'Secret that tokens are signed with, if there is no JWKS; without both, on the embedded KurrentDB only, one is generated in KEYS_DIR',
    parse: sharedSecret,
    secret: true,
  },
  AUTH_USER_CLAIM: {
    description: "Claim of a token with the user's id",
    default: 'sub',
    parse: string,
  },
  AUTH_ROLES_CLAIM: {
    description:
      'Claim of a token with the roles (system, admin), an array or a string separated by spaces; dots select nested members, as in realm_access.roles',
    default: 'roles',
    parse: string,
  },
  AUTH_OPEN_ENDPOINTS: {
    description:
      'Endpoints open to everyone: health and uptime, separated by commas, or none; /livez, /readyz and /startupz are always open',
    default: 'health,uptime',
    parse: openEndpoints,
  },
  USER_QUOTA_STREAMS: {
    description: 'Maximum number of streams of one user',
    default: '1000',
    parse: integer(1, 1_000_000),
  },
  USER_QUOTA_BYTES: {
    description: "Maximum bytes of one user's events and of their streams' metadata, as stored",
    default: '104857600',
    parse: integer(1, Number.MAX_SAFE_INTEGER),
  },
  USER_SCHEMAS_DIR: {
    description:
      'Directory with JSON Schemas for the data of user streams, named {type}.v{N}.json or {type}-{category}.v{N}.json',
    parse: string,
  },
  UPTIME_SERVICES_FILE: {
    description: 'YAML file of services to probe; changes take effect without a restart',
    parse: string,
  },
  UPTIME_HTTP_URL: {
    description: 'Target of the service `http`; default: /livez of this service',
    parse: url('http:', 'https:'),
    secret: true,
  },
  UPTIME_WEBSOCKET_URL: {
    description: 'Target of the service `websocket`; default: /ws/uptime of this service',
    parse: url('ws:', 'wss:'),
    secret: true,
  },
  UPTIME_DATABASE_URL: {
    description:
      'Target of the service `database`: a KurrentDB to append to and read from, or a PostgreSQL, MySQL, Redis or MongoDB; default: the KurrentDB in use',
    parse: databaseUrl,
    secret: true,
  },
  UPTIME_ERROR_DETAIL: {
    description:
      'Who gets the full text of errors, which names internal addresses: operators (roles admin and system; others get the kind of error) or public',
    default: 'operators',
    parse: oneOf(['operators', 'public'] as const),
  },
  UPTIME_INTERVAL_MS: {
    description: 'Time from one probe of a service to the next, in milliseconds',
    default: '10000',
    parse: integer(MIN_INTERVAL_MS, DAY_MS),
  },
  UPTIME_TIMEOUT_MS: {
    description: 'Timeout of a probe, in milliseconds',
    default: '5000',
    parse: integer(MIN_TIMEOUT_MS, DAY_MS),
  },
  UPTIME_JITTER_MS: {
    description: 'Maximum random delay of a probe, in milliseconds',
    default: '0',
    parse: integer(0, DAY_MS),
  },
  UPTIME_RETRIES: {
    description:
      'Retries of a failed probe, a second apart, before it counts as failed; all attempts must fit into the interval',
    default: '0',
    parse: integer(0, MAX_RETRIES),
  },
  UPTIME_FAILURE_THRESHOLD: {
    description: 'Failed probes in a row that confirm a service is down',
    default: '3',
    parse: integer(1, MAX_THRESHOLD),
  },
  UPTIME_SUCCESS_THRESHOLD: {
    description: 'Good probes in a row that confirm a service is up',
    default: '2',
    parse: integer(1, MAX_THRESHOLD),
  },
  UPTIME_CONCURRENCY: {
    description: 'Maximum number of concurrent probes',
    default: '100',
    parse: integer(1, 10_000),
  },
  UPTIME_LEASE_MS: {
    description: 'Length of the prober lease, in milliseconds: if it is not renewed, another replica takes over',
    default: '15000',
    parse: integer(1_000, 600_000),
  },
  UPTIME_SAMPLE_WINDOW_MS: {
    description:
      'How long raw samples are collected before they are recorded together, in milliseconds; default: 60 intervals of their service, at most an hour',
    parse: integer(1_000, 3_600_000),
  },
  UPTIME_SAMPLES_MAX_AGE_DAYS: {
    description:
      'How long raw samples are kept, in days; 0 keeps them forever, as changes of status always are: rebuilt tables contain only what is kept',
    default: '0',
    parse: integer(0, 36_500),
  },
  UPTIME_SPOOL_BYTES: {
    description: 'Maximum bytes of raw samples on disk while KurrentDB is unreachable; the oldest are dropped',
    default: '67108864',
    parse: integer(4_096, Number.MAX_SAFE_INTEGER),
  },
} as const satisfies Record<string, Variable<unknown>>;

type Variables = typeof variables;
type ValueOf<Name extends keyof Variables> = Parsed<Variables[Name]['parse']>;

/** Parsed values; undefined where a variable without default is not set. */
export type VariableValues = {
  readonly [Name in keyof Variables]: Variables[Name] extends { readonly default: string }
    ? ValueOf<Name>
    : ValueOf<Name> | undefined;
};
