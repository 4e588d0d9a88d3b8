import { LOG_LEVELS, OPEN_ENDPOINTS, type OpenEndpoints } from './app-config.js';
import { DAY_MS } from '../common/durations.js';
import { oneOf, type Parsed, type Parser, string, stringThat } from '../common/parse.js';
import {
  CREDENTIALS_EXPECTED,
  DATABASE_URL_EXPECTED,
  hasReadableCredentials,
  isDatabaseUrl,
  isKurrentDBUrl,
  isUrlOf,
  urlExpected,
} from '../common/urls.js';

/** Bounds of a service's settings, in the variables and in the services file. */
export const MIN_TIMEOUT_MS = 10;
export const MIN_INTERVAL_MS = 100;
export const MAX_RETRIES = 10;
/** Consecutive samples that confirm a change of status. */
export const MAX_THRESHOLD = 100;

/** An environment variable. `.env.example` and the README's table are compared with this list by a test. */
export interface Variable<Value> {
  readonly name: string;
  readonly description: string;
  /** As written in the environment; absent: no default. */
  readonly default?: string;
  readonly parse: Parser<Value>;
  /** The value must not appear in messages. */
  readonly secret?: true;
}

function integer(min: number, max: number): Parser<number> {
  return (text, context) => {
    const number = Number(text);
    if (/^\d+$/.test(String(text)) && number >= min && number <= max) return number;
    return context.reject(`an integer from ${min} to ${max}`, text);
  };
}

function url(...protocols: readonly string[]): Parser<string> {
  return (text, context) => {
    if (typeof text !== 'string' || !isUrlOf(protocols, text)) return context.reject(urlExpected(protocols), text);
    return hasReadableCredentials(text) ? text : context.reject(CREDENTIALS_EXPECTED, text);
  };
}

const connectionString = stringThat(
  'a KurrentDB connection string such as kurrentdb://user:password@host:2113 or kurrentdb+discover://host:2113',
  isKurrentDBUrl,
);

const databaseUrl = stringThat(DATABASE_URL_EXPECTED, isDatabaseUrl);

/** Minimum for HMAC with SHA-256 (RFC 7518, 3.2). */
const MIN_SECRET_BYTES = 32;

const sharedSecret = stringThat(
  `a random string of at least ${MIN_SECRET_BYTES} bytes`,
  (text) => Buffer.byteLength(text) >= MIN_SECRET_BYTES,
);

const openEndpoints: Parser<ReadonlySet<OpenEndpoints>> = (text, context) => {
  const names = text === 'none' ? [] : String(text).split(',');
  const groups = names.map((name) => OPEN_ENDPOINTS.find((group) => group === name.trim()));
  const found = groups.filter((group) => group !== undefined);
  if (found.length === groups.length) return new Set(found);
  return context.reject(`none, or one or more of ${OPEN_ENDPOINTS.join(', ')}, separated by commas`, text);
};

export const variables = {
  PORT: {
    name: 'PORT',
    description: 'Port of the HTTP service; 0 takes any free one',
    default: '3001',
    parse: integer(0, 65_535),
  },
  HOST: { name: 'HOST', description: 'Address to listen on', default: '0.0.0.0', parse: string },
  DATA_DIR: {
    name: 'DATA_DIR',
    description:
      'Directory for everything kept on this machine: the embedded KurrentDB, the read models, and samples that KurrentDB does not have yet; of one process alone',
    default: './data',
    parse: string,
  },
  LOG_LEVEL: {
    name: 'LOG_LEVEL',
    description: `Least level that is logged: ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    parse: oneOf(LOG_LEVELS),
  },
  HTTP_MAX_BODY_BYTES: {
    name: 'HTTP_MAX_BODY_BYTES',
    description: 'Largest request body, in bytes',
    default: '1572864',
    parse: integer(1_024, 16_777_216),
  },
  HTTP_TRUSTED_PROXIES: {
    name: 'HTTP_TRUSTED_PROXIES',
    description: 'How many proxies in front of the service are trusted to tell the address of the client',
    default: '0',
    parse: integer(0, 16),
  },
  RATE_LIMIT: {
    name: 'RATE_LIMIT',
    description: 'Requests that one address may make in a window without saying who asks',
    default: '600',
    parse: integer(1, 10_000_000),
  },
  RATE_LIMIT_PER_USER: {
    name: 'RATE_LIMIT_PER_USER',
    description: 'Requests that one user, or one API key, may make in a window',
    default: '6000',
    parse: integer(1, 10_000_000),
  },
  RATE_LIMIT_WINDOW_MS: {
    name: 'RATE_LIMIT_WINDOW_MS',
    description: 'Length of these windows, in milliseconds',
    default: '60000',
    parse: integer(1_000, 3_600_000),
  },
  SHUTDOWN_DELAY_MS: {
    name: 'SHUTDOWN_DELAY_MS',
    description:
      'How long the service goes on after SIGTERM, not ready, so that load balancers leave it, in milliseconds',
    default: '1000',
    parse: integer(0, 60_000),
  },
  SHUTDOWN_TIMEOUT_MS: {
    name: 'SHUTDOWN_TIMEOUT_MS',
    description: 'How long running requests may take after that delay, in milliseconds',
    default: '5000',
    parse: integer(0, 60_000),
  },
  KURRENTDB_CONNECTION_STRING: {
    name: 'KURRENTDB_CONNECTION_STRING',
    description:
      'KurrentDB server or cluster to use; without it, a KurrentDB embedded in the service stores under DATA_DIR',
    parse: connectionString,
    secret: true,
  },
  KURRENTDB_TIMEOUT_MS: {
    name: 'KURRENTDB_TIMEOUT_MS',
    description: 'How long an operation on KurrentDB may take, in milliseconds',
    default: '5000',
    parse: integer(100, 120_000),
  },
  AUTH_JWKS_URL: {
    name: 'AUTH_JWKS_URL',
    description:
      'Where the issuer of bearer tokens publishes its keys (JWKS); AUTH_ISSUER and AUTH_AUDIENCE go with it',
    parse: url('http:', 'https:'),
  },
  AUTH_ISSUER: { name: 'AUTH_ISSUER', description: 'Issuer that tokens must name (`iss`)', parse: string },
  AUTH_AUDIENCE: { name: 'AUTH_AUDIENCE', description: 'Audience that tokens must name (`aud`)', parse: string },
  AUTH_JWT_SECRET: {
    name: 'AUTH_JWT_SECRET',
    description:
      'Secret that tokens are signed with, where there is no JWKS; without both, on the embedded KurrentDB only, one is made under DATA_DIR',
    parse: sharedSecret,
    secret: true,
  },
  AUTH_USER_CLAIM: {
    name: 'AUTH_USER_CLAIM',
    description: "Claim of a token that holds the user's id",
    default: 'sub',
    parse: string,
  },
  AUTH_ROLES_CLAIM: {
    name: 'AUTH_ROLES_CLAIM',
    description:
      'Claim of a token that holds the roles (system, admin), a list or a text with blanks; dots lead into objects, as in realm_access.roles',
    default: 'roles',
    parse: string,
  },
  AUTH_OPEN_ENDPOINTS: {
    name: 'AUTH_OPEN_ENDPOINTS',
    description:
      'Endpoints that everyone may ask: a list of health, uptime, or none; /livez, /readyz and /startupz are always open',
    default: 'health,uptime',
    parse: openEndpoints,
  },
  USER_QUOTA_STREAMS: {
    name: 'USER_QUOTA_STREAMS',
    description: 'Streams that one user may have',
    default: '1000',
    parse: integer(1, 1_000_000),
  },
  USER_QUOTA_BYTES: {
    name: 'USER_QUOTA_BYTES',
    description: "Bytes that one user's events may take, all streams together",
    default: '104857600',
    parse: integer(1, Number.MAX_SAFE_INTEGER),
  },
  USER_SCHEMAS_DIR: {
    name: 'USER_SCHEMAS_DIR',
    description:
      'Directory with JSON Schemas for the data of user streams, named {type}.v{N}.json or {type}-{category}.v{N}.json',
    parse: string,
  },
  UPTIME_SERVICES_FILE: {
    name: 'UPTIME_SERVICES_FILE',
    description: 'YAML file that names more services to probe; what changes in it is taken over without a restart',
    parse: string,
  },
  UPTIME_HTTP_URL: {
    name: 'UPTIME_HTTP_URL',
    description: 'Target of the service `http`; without it, /livez of this service',
    parse: url('http:', 'https:'),
    secret: true,
  },
  UPTIME_WEBSOCKET_URL: {
    name: 'UPTIME_WEBSOCKET_URL',
    description: 'Target of the service `websocket`; without it, /ws/uptime of this service',
    parse: url('ws:', 'wss:'),
    secret: true,
  },
  UPTIME_DATABASE_URL: {
    name: 'UPTIME_DATABASE_URL',
    description:
      'Target of the service `database`: a KurrentDB to append to and read from, or a PostgreSQL, MySQL, Redis or MongoDB; without it, the KurrentDB in use',
    parse: databaseUrl,
    secret: true,
  },
  UPTIME_INTERVAL_MS: {
    name: 'UPTIME_INTERVAL_MS',
    description: 'Time from one probe of a service to the next, in milliseconds',
    default: '10000',
    parse: integer(MIN_INTERVAL_MS, DAY_MS),
  },
  UPTIME_TIMEOUT_MS: {
    name: 'UPTIME_TIMEOUT_MS',
    description: 'How long a probe may take, in milliseconds',
    default: '5000',
    parse: integer(MIN_TIMEOUT_MS, DAY_MS),
  },
  UPTIME_JITTER_MS: {
    name: 'UPTIME_JITTER_MS',
    description: 'How much later than its turn a probe may begin, by chance, in milliseconds',
    default: '0',
    parse: integer(0, DAY_MS),
  },
  UPTIME_RETRIES: {
    name: 'UPTIME_RETRIES',
    description:
      'How often a failed probe is tried again, each time a second later, before it counts as failed; all tries must fit into the interval',
    default: '0',
    parse: integer(0, MAX_RETRIES),
  },
  UPTIME_FAILURE_THRESHOLD: {
    name: 'UPTIME_FAILURE_THRESHOLD',
    description: 'Failed probes in a row that confirm a service is down',
    default: '3',
    parse: integer(1, MAX_THRESHOLD),
  },
  UPTIME_SUCCESS_THRESHOLD: {
    name: 'UPTIME_SUCCESS_THRESHOLD',
    description: 'Good probes in a row that confirm a service is up',
    default: '2',
    parse: integer(1, MAX_THRESHOLD),
  },
  UPTIME_CONCURRENCY: {
    name: 'UPTIME_CONCURRENCY',
    description: 'Most probes that run at once',
    default: '100',
    parse: integer(1, 10_000),
  },
  UPTIME_LEASE_MS: {
    name: 'UPTIME_LEASE_MS',
    description:
      'How long the lease of the replica that probes lasts without being renewed, in milliseconds; then another one takes over',
    default: '15000',
    parse: integer(1_000, 600_000),
  },
  UPTIME_SAMPLE_WINDOW_MS: {
    name: 'UPTIME_SAMPLE_WINDOW_MS',
    description:
      'How long raw samples wait to be recorded together, in milliseconds; without it, 60 intervals of their service, an hour at most',
    parse: integer(1_000, 3_600_000),
  },
  UPTIME_SAMPLES_MAX_AGE_DAYS: {
    name: 'UPTIME_SAMPLES_MAX_AGE_DAYS',
    description:
      'How long raw samples are kept, in days; 0 keeps them for ever, as changes of status always are: tables that are built anew know only what is kept',
    default: '0',
    parse: integer(0, 36_500),
  },
  UPTIME_SPOOL_BYTES: {
    name: 'UPTIME_SPOOL_BYTES',
    description: 'Most bytes of raw samples that wait on disk while KurrentDB cannot be reached; the oldest make room',
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
