import { isIPv6 } from 'node:net';
import {
  ClientClosedError,
  createClient,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
} from 'redis';
import { ProbeFailure } from '../connection/connection-errors.js';
import { STAGES } from '../connection/probe-stages.js';
import {
  connectionClosed,
  connectionFailure,
  databaseMissing,
  messageOf,
  passwordRejected,
  queryFailed,
  connectionRejected,
} from './database-errors.js';
import { reachableAddresses } from './database-lookup.js';
import { connectSocket } from './database-sockets.js';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.js';
import { type CheckContext, type DatabaseCheck } from './database.probe.js';

const DEFAULT_PORT = 6379;
const DEFAULT_USER = 'default';
const DEFAULT_COMMAND = ['PING'];

type RedisClient = Pick<ReturnType<typeof createClient>, 'isOpen' | 'destroy' | 'connect' | 'on' | 'sendCommand'>;

/**
 * Runs a Redis command over a new connection.
 *
 * @param url `redis:`, or `rediss:` for TLS; its path is the number of the database
 * @param command arguments separated by spaces; an argument with spaces is in double quotes
 */
export function checkRedis(url: string, command: string | undefined, context: CheckContext): DatabaseCheck {
  const { address, hostPort, user, password, database } = parseDatabaseUrl(url, DEFAULT_PORT);
  let close = (): void => undefined;
  return {
    run: async () => {
      const client = await createRedisClient(url, { address, hostPort }, context);
      close = () => {
        // Redis needs no closing handshake; a failed client is closed already.
        if (client.isOpen) client.destroy();
      };
      // The promises below reject with the same errors.
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch (error) {
        throw connectFailure(error, { hostPort, user: user || DEFAULT_USER, password, database });
      }
      try {
        await client.sendCommand(command === undefined ? DEFAULT_COMMAND : parseCommand(command));
      } catch (error) {
        throw isServerError(error) ? queryFailed(messageOf(error), password) : connectionLost(error, hostPort);
      }
    },
    close: () => Promise.resolve(close()),
  };
}

/** The driver takes a socket for TLS only; without TLS it gets an address. @throws ProbeFailure */
async function createRedisClient(
  url: string,
  target: Pick<DatabaseUrl, 'address' | 'hostPort'>,
  context: CheckContext,
): Promise<RedisClient> {
  const options = { RESP: 2, disableClientInfo: true, maintNotifications: 'disabled' } as const;
  // No reconnecting and no timeouts of its own: the signal aborts it.
  const settings = { reconnectStrategy: false, connectTimeout: 0, signal: context.signal } as const;
  if (url.startsWith('rediss:')) {
    const socket = await connectSocket(target, context);
    return createClient({ ...options, url, socket: { ...settings, tls: true, socket } });
  }
  const resolved = new URL(url);
  const address = await addressOf(target, context);
  resolved.hostname = isIPv6(address) ? `[${address}]` : address;
  return createClient({ ...options, url: resolved.href, socket: settings });
}

async function addressOf(
  { address: { host, port }, hostPort }: Pick<DatabaseUrl, 'address' | 'hostPort'>,
  context: CheckContext,
): Promise<string> {
  try {
    const [first = host] = await reachableAddresses(host, port, context);
    return first;
  } catch (error) {
    throw context.signal.aborted ? new ProbeFailure(STAGES.dns.timedOut(hostPort)) : connectionFailure(error, hostPort);
  }
}

function parseCommand(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

function connectFailure(
  error: unknown,
  { hostPort, user, password, database }: Pick<DatabaseUrl, 'hostPort' | 'user' | 'password' | 'database'>,
): ProbeFailure {
  if (!isServerError(error)) return connectionLost(error, hostPort);
  const message = messageOf(error);
  if (/^(?:WRONGPASS|NOAUTH)|invalid password|without any password/.test(message)) return passwordRejected(user);
  return message.includes('DB index') ? databaseMissing(database) : connectionRejected(hostPort, message, password);
}

function isServerError(error: unknown): error is ErrorReply {
  return error instanceof ErrorReply;
}

function connectionLost(error: unknown, hostPort: string): ProbeFailure {
  const isClosed = [SocketClosedUnexpectedlyError, DisconnectsClientError, ClientClosedError].some(
    (type) => error instanceof type,
  );
  return isClosed ? connectionClosed(hostPort) : connectionFailure(error, hostPort);
}
