import pg from 'pg';
import { codeOf, type ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  databaseMissing,
  messageOf,
  passwordRefused,
  queryFailed,
  connectionRejected,
  urlUnusable,
} from './database-errors.js';
import { closeSocket, unconnectedSocket } from './database-sockets.js';
import { type DatabaseCheck } from './database.probe.js';

const DEFAULT_QUERY = 'SELECT 1';
/** SQLSTATEs, PostgreSQL's manual, appendix A. */
const INVALID_PASSWORD = '28P01';
const INVALID_AUTHORIZATION = '28000';
const INVALID_CATALOG_NAME = '3D000';
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * A query to PostgreSQL through a connection made for it.
 *
 * @param url `postgres:` or `postgresql:`; `sslmode` asks for TLS, in libpq's sense of it
 * @throws ProbeFailure for a URL that the driver cannot use
 */
export function checkPostgres(url: string, query: string | undefined, signal: AbortSignal): DatabaseCheck {
  const socket = unconnectedSocket(signal);
  const client = createClient(url, socket);
  const endpoint = `${client.host}:${client.port}`;
  const password = client.password ?? '';
  let wasAnswered = false;
  // Of a connection that breaks; the promises tell of it too.
  client.on('error', () => undefined);

  return {
    ask: async () => {
      try {
        await client.connect();
      } catch (error) {
        throw connectingFailure(error, client, endpoint, password);
      }
      try {
        await client.query(query ?? DEFAULT_QUERY);
        wasAnswered = true;
      } catch (error) {
        throw isServerError(error) ? queryFailed(messageOf(error), password) : brokenOff(error, endpoint);
      }
    },
    end: () => closeSocket(socket, () => (wasAnswered ? void client.end().catch(() => undefined) : socket.destroy())),
  };
}

function createClient(url: string, socket: ReturnType<typeof unconnectedSocket>): pg.Client {
  try {
    return new pg.Client({
      connectionString: inLibpqsSense(url),
      stream: () => socket,
      application_name: 'penguin-pool-streams-probe',
    });
  } catch (error) {
    throw urlUnusable(url, messageOf(error));
  }
}

/** The driver takes every `sslmode` for `verify-full`, and warns that it will not for ever, unless it is told so. */
function inLibpqsSense(url: string): string {
  const { searchParams } = new URL(url);
  const isPlain =
    searchParams.has('sslmode') && searchParams.get('sslmode') !== 'no-verify' && !searchParams.has('uselibpqcompat');
  return isPlain ? `${url}&uselibpqcompat=true` : url;
}

function connectingFailure(
  error: unknown,
  { user = '', database = '' }: pg.Client,
  endpoint: string,
  password: string,
): ProbeFailure {
  if (messageOf(error).startsWith('SASL')) return passwordRefused(user);
  if (!isServerError(error)) return brokenOff(error, endpoint);
  if (codeOf(error) === INVALID_PASSWORD) return passwordRefused(user);
  if (codeOf(error) === INVALID_CATALOG_NAME) return databaseMissing(database);
  return connectionRejected(
    codeOf(error) === INVALID_AUTHORIZATION ? `${endpoint} (user '${user}')` : endpoint,
    messageOf(error),
    password,
  );
}

function isServerError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && SQLSTATE.test(codeOf(error) ?? '');
}

/** The driver's own errors of a connection have no codes. */
function brokenOff(error: unknown, endpoint: string): ProbeFailure {
  if (codeOf(error) !== undefined) return connectionFailure(error, endpoint);
  if (messageOf(error).startsWith('Connection terminated')) return connectionClosed(endpoint);
  return messageOf(error).includes('does not support SSL')
    ? connectionFailure({ code: 'EPROTO' }, endpoint)
    : connectionFailure(error, endpoint);
}
