import { type Connection, createConnection, type SslOptions } from 'mysql2';
import { codeOf, ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  databaseMissing,
  messageOf,
  passwordRefused,
  queryFailed,
  connectionRejected,
} from './database-errors.js';
import { closeSocket, connectingSocket } from './database-sockets.js';
import { type DatabaseUrl, readDatabaseUrl } from './database-url.js';
import { type DatabaseCheck } from './database.probe.js';

const DEFAULT_PORT = 3306;
const DEFAULT_QUERY = 'SELECT 1';

/** MySQL's own values of `ssl-mode`; those that may do without TLS do. */
const SSL_MODES: ReadonlyMap<string, SslOptions | undefined> = new Map([
  ['DISABLED', undefined],
  ['PREFERRED', undefined],
  ['REQUIRED', { rejectUnauthorized: false }],
  ['VERIFY_CA', { rejectUnauthorized: true, verifyIdentity: false }],
  ['VERIFY_IDENTITY', { rejectUnauthorized: true, verifyIdentity: true }],
]);

/**
 * A query to MySQL, or to MariaDB, through a connection made for it.
 *
 * @param url `mysql:`; `ssl-mode` asks for TLS, with MySQL's own values
 * @throws ProbeFailure for a URL that cannot be used
 */
export function checkMySQL(url: string, query: string | undefined, signal: AbortSignal): DatabaseCheck {
  const { address, endpoint, user, password, database, options } = readDatabaseUrl(url, DEFAULT_PORT);
  const ssl = sslOf(options.get('ssl-mode') ?? 'DISABLED');
  let wasAnswered = false;
  const socket = connectingSocket(address, signal);
  const connection = createConnection({
    ...address,
    user,
    password,
    ...(database === '' ? {} : { database }),
    ...(ssl ? { ssl } : {}),
    stream: () => socket,
    connectTimeout: 0,
    enableKeepAlive: false,
  });
  // Of a connection that breaks while nobody asks.
  connection.on('error', () => undefined);
  return {
    ask: async () => {
      await called((done) => connection.connect(done)).catch((error: unknown) => {
        throw connectingFailure(error, { endpoint, user, password, database });
      });
      await called((done) => connection.query(query ?? DEFAULT_QUERY, done)).catch((error: unknown) => {
        throw isServerError(error) ? queryFailed(messageOf(error), password) : brokenOff(error, endpoint);
      });
      wasAnswered = true;
    },
    end: () => closeSocket(socket, () => (wasAnswered ? closeGracefully(connection) : socket.destroy())),
  };
}

function sslOf(mode: string): SslOptions | undefined {
  const name = mode.toUpperCase();
  if (!SSL_MODES.has(name))
    throw new ProbeFailure(`ssl-mode in the URL must be one of ${[...SSL_MODES.keys()].join(', ')}`);
  return SSL_MODES.get(name);
}

function called(begin: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => begin((error) => (error ? reject(error) : resolve())));
}

function closeGracefully(connection: Connection): void {
  connection.end(() => undefined);
}

function connectingFailure(
  error: unknown,
  { endpoint, user, password, database }: Pick<DatabaseUrl, 'endpoint' | 'user' | 'password' | 'database'>,
): ProbeFailure {
  switch (codeOf(error)) {
    case 'ER_ACCESS_DENIED_ERROR':
      return passwordRefused(user);
    case 'ER_BAD_DB_ERROR':
      return databaseMissing(database);
    default:
      return isServerError(error)
        ? connectionRejected(endpoint, messageOf(error), password)
        : brokenOff(error, endpoint);
  }
}

function isServerError(error: unknown): boolean {
  return codeOf(error)?.startsWith('ER_') ?? false;
}

function brokenOff(error: unknown, endpoint: string): ProbeFailure {
  switch (codeOf(error)) {
    case 'PROTOCOL_CONNECTION_LOST':
      return connectionClosed(endpoint);
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return connectionFailure({ code: 'EPROTO' }, endpoint);
    case 'HANDSHAKE_SSL_ERROR':
      return new ProbeFailure(`the TLS connection to ${endpoint} failed: ${messageOf(error)}`);
    default:
      return connectionFailure(error, endpoint);
  }
}
