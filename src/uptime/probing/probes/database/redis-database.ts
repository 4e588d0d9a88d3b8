import {
  ClientClosedError,
  createClient,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
} from 'redis';
import { type ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  databaseMissing,
  messageOf,
  passwordRefused,
  queryFailed,
  connectionRejected,
} from './database-errors.js';
import { connectingSocket } from './database-sockets.js';
import { type DatabaseUrl, readDatabaseUrl } from './database-url.js';
import { type DatabaseCheck } from './database.probe.js';

const DEFAULT_PORT = 6379;
const DEFAULT_USER = 'default';
const DEFAULT_COMMAND = ['PING'];

/**
 * A command to Redis through a connection made for it.
 *
 * @param url `redis:`, or `rediss:` for TLS; its path is the number of the database
 * @param command words with blanks between them; one that holds blanks stands in double quotes
 */
export function checkRedis(url: string, command: string | undefined, signal: AbortSignal): DatabaseCheck {
  const { address, endpoint, user, password, database } = readDatabaseUrl(url, DEFAULT_PORT);
  // Without reconnecting, and with no timeouts of its own: the signal ends it.
  const settings = { reconnectStrategy: false, connectTimeout: 0, signal } as const;
  const socket = url.startsWith('rediss:')
    ? { ...settings, tls: true as const, socket: connectingSocket(address, signal) }
    : settings;
  const client = createClient({ url, socket, RESP: 2, disableClientInfo: true, maintNotifications: 'disabled' });
  // What it tells of is what the promises reject with.
  client.on('error', () => undefined);
  return {
    ask: async () => {
      try {
        await client.connect();
      } catch (error) {
        throw connectingFailure(error, { endpoint, user: user || DEFAULT_USER, password, database });
      }
      try {
        await client.sendCommand(command === undefined ? DEFAULT_COMMAND : wordsOf(command));
      } catch (error) {
        throw isServerError(error) ? queryFailed(messageOf(error), password) : brokenOff(error, endpoint);
      }
    },
    end: () => {
      // Redis has no goodbye. What failed is closed already.
      if (client.isOpen) client.destroy();
      return Promise.resolve();
    },
  };
}

function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

function connectingFailure(
  error: unknown,
  { endpoint, user, password, database }: Pick<DatabaseUrl, 'endpoint' | 'user' | 'password' | 'database'>,
): ProbeFailure {
  if (!isServerError(error)) return brokenOff(error, endpoint);
  const said = messageOf(error);
  if (/^(?:WRONGPASS|NOAUTH)|invalid password|without any password/.test(said)) return passwordRefused(user);
  return said.includes('DB index') ? databaseMissing(database) : connectionRejected(endpoint, said, password);
}

function isServerError(error: unknown): error is ErrorReply {
  return error instanceof ErrorReply;
}

function brokenOff(error: unknown, endpoint: string): ProbeFailure {
  const isClosed = [SocketClosedUnexpectedlyError, DisconnectsClientError, ClientClosedError].some(
    (type) => error instanceof type,
  );
  return isClosed ? connectionClosed(endpoint) : connectionFailure(error, endpoint);
}
