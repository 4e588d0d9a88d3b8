import { type Connection, createConnection, type SslOptions } from 'mysql2';
import { codeOf, ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  databaseMissing,
  messageOf,
  passwordRejected,
  queryFailed,
  connectionRejected,
} from './database-errors.js';
import { closeSocket, connectSocket } from './database-sockets.js';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.js';
import { type CheckContext, type DatabaseCheck } from './database.probe.js';

const DEFAULT_PORT = 3306;
const DEFAULT_QUERY = 'SELECT 1';

/** Values of MySQL's `ssl-mode`; the modes in which TLS is optional do not use it. */
const SSL_MODES: ReadonlyMap<string, SslOptions | undefined> = new Map([
  ['DISABLED', undefined],
  ['PREFERRED', undefined],
  ['REQUIRED', { rejectUnauthorized: false }],
  ['VERIFY_CA', { rejectUnauthorized: true, verifyIdentity: false }],
  ['VERIFY_IDENTITY', { rejectUnauthorized: true, verifyIdentity: true }],
]);

/**
 * Runs a query on MySQL or MariaDB over a new connection.
 *
 * @param url `mysql:`; `ssl-mode` selects TLS as in MySQL's own client
 * @throws ProbeFailure for an invalid URL
 */
export function checkMySQL(url: string, query: string | undefined, context: CheckContext): DatabaseCheck {
  const { address, hostPort, user, password, database, options } = parseDatabaseUrl(url, DEFAULT_PORT);
  const ssl = sslOf(options.get('ssl-mode') ?? 'DISABLED');
  let close = (): Promise<void> => Promise.resolve();
  return {
    run: async () => {
      const socket = await connectSocket({ address, hostPort }, context);
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
      // A connection may break while no query is running.
      connection.on('error', () => undefined);
      close = () => closeSocket(socket, () => socket.destroy());
      await promised((done) => connection.connect(done)).catch((error: unknown) => {
        throw connectFailure(error, { hostPort, user, password, database });
      });
      await promised((done) => connection.query(query ?? DEFAULT_QUERY, done)).catch((error: unknown) => {
        throw isServerError(error) ? queryFailed(messageOf(error), password) : connectionLost(error, hostPort);
      });
      close = () => closeSocket(socket, () => closeGracefully(connection));
    },
    close: () => close(),
  };
}

function sslOf(mode: string): SslOptions | undefined {
  const name = mode.toUpperCase();
  if (!SSL_MODES.has(name))
    throw new ProbeFailure(`ssl-mode in the URL must be one of ${[...SSL_MODES.keys()].join(', ')}`);
  return SSL_MODES.get(name);
}

function promised(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

function closeGracefully(connection: Connection): void {
  connection.end(() => undefined);
}

function connectFailure(
  error: unknown,
  { hostPort, user, password, database }: Pick<DatabaseUrl, 'hostPort' | 'user' | 'password' | 'database'>,
): ProbeFailure {
  switch (codeOf(error)) {
    case 'ER_ACCESS_DENIED_ERROR':
      return passwordRejected(user);
    case 'ER_BAD_DB_ERROR':
      return databaseMissing(database);
    default:
      return isServerError(error)
        ? connectionRejected(hostPort, messageOf(error), password)
        : connectionLost(error, hostPort);
  }
}

function isServerError(error: unknown): boolean {
  return codeOf(error)?.startsWith('ER_') ?? false;
}

function connectionLost(error: unknown, hostPort: string): ProbeFailure {
  switch (codeOf(error)) {
    case 'PROTOCOL_CONNECTION_LOST':
      return connectionClosed(hostPort);
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return connectionFailure({ code: 'EPROTO' }, hostPort);
    case 'HANDSHAKE_SSL_ERROR':
      return new ProbeFailure(`the TLS connection to ${hostPort} failed: ${messageOf(error)}`);
    default:
      return connectionFailure(error, hostPort);
  }
}
