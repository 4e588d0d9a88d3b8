import { type LookupFunction } from 'node:net';
import { type Document, MongoClient, MongoNetworkError, MongoServerError, type TopologyDescription } from 'mongodb';
import { closeWithin } from '../../../../common/wait.js';
import { codeOf, ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  messageOf,
  passwordRejected,
  queryFailed,
  invalidUrl,
} from './database-errors.js';
import { DriverLookup } from './database-lookup.js';
import { type CheckContext, type DatabaseCheck } from './database.probe.js';
import { STAGES } from '../connection/probe-stages.js';
import { resolveSeedList } from './mongodb-seed-list.js';
import { SocketTracker } from '../connection/socket-tracker.js';

const DEFAULT_COMMAND: Document = { ping: 1 };
const AUTHENTICATION_FAILED = 18;
/** Time allowed for the server to end the session of the command. */
const CLOSE_TIMEOUT_MS = 1_000;
/** Longer than any check: the driver's monitoring and timeouts must not interfere, the signal ends a check. */
const MAX_CHECK_MS = 86_400_000;

/**
 * Runs a MongoDB command over new connections.
 *
 * @param url `mongodb:` or `mongodb+srv:`; its path is the database, its options may require TLS
 * @param command as JSON
 * @throws ProbeFailure for an invalid URL, or a command that is not JSON
 */
export function checkMongoDB(url: string, command: string | undefined, context: CheckContext): DatabaseCheck {
  const document = command === undefined ? DEFAULT_COMMAND : parseCommand(command);
  if (!url.startsWith('mongodb+srv:')) return checkHosts(url, document, context);
  let check: DatabaseCheck | undefined;
  return {
    run: async () => {
      check = checkHosts(await resolveSeedList(url, context), document, context);
      await check.run();
    },
    close: async () => check?.close(),
  };
}

function checkHosts(url: string, document: Document, context: CheckContext): DatabaseCheck {
  const { signal } = context;
  const ports = new Map<string, number>();
  const driverLookup = new DriverLookup(context, (host) => ports.get(host));
  const client = createClient(url, driverLookup.lookup);
  const { hosts, credentials } = client.options;
  for (const { host = '', port } of hosts) if (port !== undefined) ports.set(host, port);
  const hostPort = hosts.map(String).join(', ');
  const sockets = new SocketTracker();
  let succeeded = false;
  let abort = (): void => undefined;
  const failed = new Promise<never>((_, reject) => {
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      for (const { host, port } of newDescription.servers.values()) ports.set(host, port);
      rejectUnreachable(newDescription, reject);
    });
    abort = () => {
      reject(new ProbeFailure(driverLookup.isPending ? STAGES.dns.timedOut(hostPort) : 'the probe was aborted'));
      destroyConnections(client, sockets);
    };
  });
  // It may reject while no check awaits it.
  failed.catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  return {
    run: async () => {
      try {
        await Promise.race([sockets.track(() => client.db().command(document)), failed]);
        succeeded = true;
      } catch (error) {
        throw toProbeFailure(error, {
          hostPort,
          user: credentials?.username ?? '',
          password: credentials?.password ?? '',
        });
      }
    },
    close: async () => {
      if (succeeded && !signal.aborted)
        await closeWithin(
          CLOSE_TIMEOUT_MS,
          client.close().catch(() => undefined),
          abort,
        );
      destroyConnections(client, sockets);
      signal.removeEventListener('abort', abort);
    },
  };
}

function createClient(url: string, lookup: LookupFunction): MongoClient {
  try {
    return new MongoClient(url, {
      appName: 'penguin-pool-streams-probe',
      maxPoolSize: 1,
      minPoolSize: 0,
      retryReads: false,
      retryWrites: false,
      serverMonitoringMode: 'poll',
      heartbeatFrequencyMS: MAX_CHECK_MS,
      lookup,
      connectTimeoutMS: 0,
      serverSelectionTimeoutMS: MAX_CHECK_MS,
    });
  } catch (error) {
    throw invalidUrl(url, messageOf(error));
  }
}

function parseCommand(command: string): Document {
  try {
    const document: unknown = JSON.parse(command);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
  } catch {
    // Reported below, without quoting it.
  }
  throw new ProbeFailure('the query must be a MongoDB command as a JSON object, such as {"ping":1}');
}

/** Fails when no server is left that may respond; the driver would retry until its timeout. */
function rejectUnreachable({ servers }: TopologyDescription, reject: (error: unknown) => void): void {
  const errors = [...servers.values()].map(({ error }) => error);
  if (errors.length > 0 && errors.every((error) => error !== null)) reject(errors[0]);
}

/**
 * Closes all connections immediately. The driver's own `close` waits for the server to end the sessions, which may
 * hang; closing the topology, which is not documented, prevents that.
 */
function destroyConnections(client: MongoClient, sockets: SocketTracker): void {
  const topology: unknown = Reflect.get(client, 'topology');
  client.close().catch(() => undefined);
  if (isClosable(topology)) topology.close();
  sockets.destroyAll();
}

function isClosable(value: unknown): value is { close(): void } {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
}

function toProbeFailure(
  error: unknown,
  { hostPort, user, password }: { hostPort: string; user: string; password: string },
): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  if (error instanceof MongoServerError)
    return error.code === AUTHENTICATION_FAILED ? passwordRejected(user) : queryFailed(error.message, password);
  if (!(error instanceof Error)) return connectionFailure(error, hostPort);
  if (codeOf(error.cause) !== undefined) return connectionFailure(error.cause, hostPort);
  return error instanceof MongoNetworkError ? connectionClosed(hostPort) : connectionFailure(error, hostPort);
}
