import { Socket } from 'node:net';
import pg from 'pg';
import { codeOf, type ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  databaseMissing,
  messageOf,
  passwordRejected,
  queryFailed,
  connectionRejected,
  invalidUrl,
} from './database-errors.js';
import { closeSocket, connectSocket } from './database-sockets.js';
import { type CheckContext, type DatabaseCheck } from './database.probe.js';

const DEFAULT_QUERY = 'SELECT 1';
/** SQLSTATEs, PostgreSQL's manual, appendix A. */
const INVALID_PASSWORD = '28P01';
const INVALID_AUTHORIZATION = '28000';
const INVALID_CATALOG_NAME = '3D000';
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Runs a query on PostgreSQL over a new connection.
 *
 * @param url `postgres:` or `postgresql:`; `sslmode` selects TLS as in libpq
 * @throws ProbeFailure for an invalid URL
 */
export function checkPostgres(url: string, query: string | undefined, context: CheckContext): DatabaseCheck {
  const { host, port, password = '' } = createClient(url);
  const hostPort = `${host}:${port}`;
  let close = (): Promise<void> => Promise.resolve();
  return {
    run: async () => {
      const socket = isDirectory(host)
        ? new Socket({ signal: context.signal }).on('error', () => undefined)
        : asConnectable(await connectSocket({ address: { host, port }, hostPort }, context));
      const client = createClient(url, socket);
      // The promises below reject with the same errors.
      client.on('error', () => undefined);
      close = () => closeSocket(socket, () => socket.destroy());
      try {
        await client.connect();
      } catch (error) {
        throw connectFailure(error, client, hostPort, password ?? '');
      }
      try {
        await client.query(query ?? DEFAULT_QUERY);
        close = () => closeSocket(socket, () => void client.end().catch(() => undefined));
      } catch (error) {
        throw isServerError(error) ? queryFailed(messageOf(error), password ?? '') : connectionLost(error, hostPort);
      }
    },
    close: () => close(),
  };
}

/** @param socket absent: a client for its settings only */
function createClient(url: string, socket?: Socket): pg.Client {
  try {
    return new pg.Client({
      connectionString: withLibpqSslMode(url),
      ...(socket ? { stream: () => socket } : {}),
      application_name: 'penguin-pool-streams-probe',
    });
  } catch (error) {
    throw invalidUrl(url, messageOf(error));
  }
}

/** The driver connects to a Unix socket in the directory. */
function isDirectory(host: string): boolean {
  return host.startsWith('/');
}

/** The driver calls `connect` on any socket that it is given, and waits for the event. */
function asConnectable(connected: Socket): Socket {
  connected.connect = () => {
    setImmediate(() => connected.emit('connect'));
    return connected;
  };
  return connected;
}

/** By default the driver treats every `sslmode` as `verify-full`, and warns that this will change. */
function withLibpqSslMode(url: string): string {
  const { searchParams } = new URL(url);
  const needsCompatibility =
    searchParams.has('sslmode') && searchParams.get('sslmode') !== 'no-verify' && !searchParams.has('uselibpqcompat');
  return needsCompatibility ? `${url}&uselibpqcompat=true` : url;
}

function connectFailure(
  error: unknown,
  { user = '', database = '' }: pg.Client,
  hostPort: string,
  password: string,
): ProbeFailure {
  if (messageOf(error).startsWith('SASL')) return passwordRejected(user);
  if (!isServerError(error)) return connectionLost(error, hostPort);
  if (codeOf(error) === INVALID_PASSWORD) return passwordRejected(user);
  if (codeOf(error) === INVALID_CATALOG_NAME) return databaseMissing(database);
  return connectionRejected(
    codeOf(error) === INVALID_AUTHORIZATION ? `${hostPort} (user '${user}')` : hostPort,
    messageOf(error),
    password,
  );
}

function isServerError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && SQLSTATE.test(codeOf(error) ?? '');
}

/** Connection errors of the driver itself have no code. */
function connectionLost(error: unknown, hostPort: string): ProbeFailure {
  if (codeOf(error) !== undefined) return connectionFailure(error, hostPort);
  if (messageOf(error).startsWith('Connection terminated')) return connectionClosed(hostPort);
  return messageOf(error).includes('does not support SSL')
    ? connectionFailure({ code: 'EPROTO' }, hostPort)
    : connectionFailure(error, hostPort);
}
