import { LOG_LEVELS } from './app-config.js';

/**
 * Every environment variable the service reads. `.env.example` and the README's table are held against this list by a test.
 * `parse` gives the value or throws an Error that says what it may be.
 */
export interface Variable<Value> {
  readonly name: string;
  readonly description: string;
  /** As it would be written in the environment; absent: no default. */
  readonly default?: string;
  readonly parse: (text: string) => Value;
  /** The value is never shown, not even in an error. */
  readonly secret?: true;
}

const text = (value: string): string => value;

function oneOf<Choice extends string>(choices: readonly Choice[]): (value: string) => Choice {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (!choice) throw new Error(`one of ${choices.join(', ')}`);
    return choice;
  };
}

function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) throw new Error(`a whole number from ${minimum} to ${maximum}`);
    return number;
  };
}

function url(...protocols: readonly string[]): (value: string) => string {
  return (value) => {
    const allowed = `a URL beginning with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) throw new Error(allowed);
    return value;
  };
}

function connectionString(value: string): string {
  if (!/^(kurrentdb|kurrent|kdb|esdb)(\+discover)?:\/\/[^/?]+/.test(value)) {
    throw new Error('a KurrentDB connection string such as kurrentdb://user:password@host:2113 or kurrentdb+discover://host:2113');
  }
  return value;
}

const DAY_MS = 86_400_000;

export const variables = {
  PORT: { name: 'PORT', description: 'Port of the HTTP service; 0 takes any free one', default: '3001', parse: integer(0, 65_535) },
  HOST: { name: 'HOST', description: 'Address to listen on', default: '0.0.0.0', parse: text },
  DATA_DIR: { name: 'DATA_DIR', description: 'Directory for everything kept on this machine: the embedded KurrentDB and the read models', default: './data', parse: text },
  LOG_LEVEL: { name: 'LOG_LEVEL', description: `Least level that is logged: ${LOG_LEVELS.join(', ')}`, default: 'info', parse: oneOf(LOG_LEVELS) },
  HTTP_MAX_BODY_BYTES: { name: 'HTTP_MAX_BODY_BYTES', description: 'Largest request body, in bytes', default: '1572864', parse: integer(1_024, 16_777_216) },
  HTTP_TRUSTED_PROXIES: { name: 'HTTP_TRUSTED_PROXIES', description: 'How many proxies in front of the service are trusted to tell the address of the client', default: '0', parse: integer(0, 16) },
  RATE_LIMIT: { name: 'RATE_LIMIT', description: 'Requests that one address may make in a window', default: '600', parse: integer(1, 10_000_000) },
  RATE_LIMIT_WINDOW_MS: { name: 'RATE_LIMIT_WINDOW_MS', description: 'Length of that window, in milliseconds', default: '60000', parse: integer(1_000, 3_600_000) },
  SHUTDOWN_DELAY_MS: { name: 'SHUTDOWN_DELAY_MS', description: 'How long the service goes on after SIGTERM, not ready, so that load balancers leave it, in milliseconds', default: '1000', parse: integer(0, 60_000) },
  SHUTDOWN_TIMEOUT_MS: { name: 'SHUTDOWN_TIMEOUT_MS', description: 'How long running requests may take after that delay, in milliseconds', default: '5000', parse: integer(0, 60_000) },
  KURRENTDB_CONNECTION_STRING: {
    name: 'KURRENTDB_CONNECTION_STRING',
    description: 'KurrentDB server or cluster to use; without it, a KurrentDB embedded in the service stores under DATA_DIR',
    parse: connectionString,
    secret: true,
  },
  KURRENTDB_TIMEOUT_MS: { name: 'KURRENTDB_TIMEOUT_MS', description: 'How long an operation on KurrentDB may take, in milliseconds', default: '5000', parse: integer(100, 120_000) },
  UPTIME_SERVICES_FILE: { name: 'UPTIME_SERVICES_FILE', description: 'YAML file that names more services to probe', parse: text },
  UPTIME_HTTP_URL: { name: 'UPTIME_HTTP_URL', description: 'Target of the service `http`; without it, /livez of this service', parse: url('http:', 'https:'), secret: true },
  UPTIME_WEBSOCKET_URL: { name: 'UPTIME_WEBSOCKET_URL', description: 'Target of the service `websocket`; without it, /ws/uptime of this service', parse: url('ws:', 'wss:'), secret: true },
  UPTIME_DATABASE_URL: { name: 'UPTIME_DATABASE_URL', description: 'KurrentDB that the service `database` appends to and reads from; without it, the one in use', parse: connectionString, secret: true },
  UPTIME_INTERVAL_MS: { name: 'UPTIME_INTERVAL_MS', description: 'Time from one probe of a service to the next, in milliseconds', default: '10000', parse: integer(100, DAY_MS) },
  UPTIME_TIMEOUT_MS: { name: 'UPTIME_TIMEOUT_MS', description: 'How long a probe may take, in milliseconds', default: '5000', parse: integer(10, DAY_MS) },
  UPTIME_FAILURE_THRESHOLD: { name: 'UPTIME_FAILURE_THRESHOLD', description: 'Failed probes in a row that confirm a service is down', default: '3', parse: integer(1, 100) },
  UPTIME_SUCCESS_THRESHOLD: { name: 'UPTIME_SUCCESS_THRESHOLD', description: 'Good probes in a row that confirm a service is up', default: '2', parse: integer(1, 100) },
  UPTIME_SAMPLE_WINDOW_MS: { name: 'UPTIME_SAMPLE_WINDOW_MS', description: 'Raw samples are appended once in so many milliseconds', default: '60000', parse: integer(1_000, 3_600_000) },
} as const satisfies Record<string, Variable<unknown>>;

type Variables = typeof variables;
type ValueOf<Name extends keyof Variables> = ReturnType<Variables[Name]['parse']>;

/** Parsed values; undefined where a variable without default is not set. */
export type VariableValues = { readonly [Name in keyof Variables]: Variables[Name] extends { readonly default: string } ? ValueOf<Name> : ValueOf<Name> | undefined };
