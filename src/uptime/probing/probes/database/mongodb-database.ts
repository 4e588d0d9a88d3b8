import { type Document, MongoClient, MongoNetworkError, MongoServerError, type TopologyDescription } from 'mongodb';
import { closeWithin } from '../../../../common/wait.js';
import { codeOf, ProbeFailure } from '../connection/connection-errors.js';
import {
  connectionClosed,
  connectionFailure,
  messageOf,
  passwordRefused,
  queryFailed,
  urlUnusable,
} from './database-errors.js';
import { type DatabaseCheck } from './database.probe.js';
import { OpenedSockets } from '../connection/opened-sockets.js';

const DEFAULT_COMMAND: Document = { ping: 1 };
const AUTHENTICATION_FAILED = 18;
/** How long the server may take to end the session that the command had. */
const CLOSE_WITHIN_MS = 1_000;
/** The driver looks after its servers that often; one question is over before. */
const HEARTBEAT_MS = 3_600_000;

/**
 * A command to MongoDB through connections made for it.
 *
 * @param url `mongodb:` or `mongodb+srv:`; its path names the database, its options ask for TLS
 * @param command as JSON
 * @param timeoutMs after which the driver gives up what the signal does not end
 * @throws ProbeFailure for a URL that the driver cannot use, or a command that is not JSON
 */
export function checkMongoDB(
  url: string,
  command: string | undefined,
  signal: AbortSignal,
  timeoutMs: number,
): DatabaseCheck {
  const document = command === undefined ? DEFAULT_COMMAND : documentOf(command);
  const client = createClient(url, timeoutMs);
  const { hosts, credentials } = client.options;
  const endpoint = hosts.map(String).join(', ');
  const sockets = new OpenedSockets();
  let wasAnswered = false;
  let aborted = (): void => undefined;
  const hopeless = new Promise<never>((_, reject) => {
    client.on('topologyDescriptionChanged', ({ newDescription }) => rejectUnreachable(newDescription, reject));
    aborted = () => {
      reject(new ProbeFailure('the probe was ended'));
      cutConnections(client, sockets);
    };
  });
  // Nobody may be asking when it comes to be.
  hopeless.catch(() => undefined);
  signal.addEventListener('abort', aborted, { once: true });
  return {
    ask: async () => {
      try {
        await Promise.race([sockets.openedBy(() => client.db().command(document)), hopeless]);
        wasAnswered = true;
      } catch (error) {
        throw failureOf(error, { endpoint, user: credentials?.username ?? '', password: credentials?.password ?? '' });
      }
    },
    end: async () => {
      if (wasAnswered && !signal.aborted)
        await closeWithin(
          CLOSE_WITHIN_MS,
          client.close().catch(() => undefined),
          aborted,
        );
      cutConnections(client, sockets);
      signal.removeEventListener('abort', aborted);
    },
  };
}

function createClient(url: string, timeoutMs: number): MongoClient {
  try {
    return new MongoClient(url, {
      appName: 'penguin-pool-streams-probe',
      maxPoolSize: 1,
      minPoolSize: 0,
      retryReads: false,
      retryWrites: false,
      serverMonitoringMode: 'poll',
      heartbeatFrequencyMS: HEARTBEAT_MS,
      connectTimeoutMS: timeoutMs,
      serverSelectionTimeoutMS: timeoutMs,
    });
  } catch (error) {
    throw urlUnusable(url, messageOf(error));
  }
}

function documentOf(command: string): Document {
  try {
    const document: unknown = JSON.parse(command);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
  } catch {
    // Told below, without quoting it.
  }
  throw new ProbeFailure('the query must be a MongoDB command as a JSON object, such as {"ping":1}');
}

/** The driver would go on trying until its timeout: once no server is left that may answer, that is the answer. */
function rejectUnreachable({ servers }: TopologyDescription, reject: (error: unknown) => void): void {
  const errors = [...servers.values()].map(({ error }) => error);
  if (errors.length > 0 && errors.every((error) => error !== null)) reject(errors[0]);
}

/**
 * Closes all connections at once. The driver's own `close` cuts off what waits for an answer, but then asks the server to end its
 * sessions, and waits for one that hangs; what keeps it from that is not part of its documentation.
 */
function cutConnections(client: MongoClient, sockets: OpenedSockets): void {
  const topology: unknown = Reflect.get(client, 'topology');
  client.close().catch(() => undefined);
  if (isClosable(topology)) topology.close();
  sockets.destroyAll();
}

function isClosable(value: unknown): value is { close(): void } {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
}

function failureOf(
  error: unknown,
  { endpoint, user, password }: { endpoint: string; user: string; password: string },
): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  if (error instanceof MongoServerError)
    return error.code === AUTHENTICATION_FAILED ? passwordRefused(user) : queryFailed(error.message, password);
  if (!(error instanceof Error)) return connectionFailure(error, endpoint);
  if (codeOf(error.cause) !== undefined) return connectionFailure(error.cause, endpoint);
  return error instanceof MongoNetworkError ? connectionClosed(endpoint) : connectionFailure(error, endpoint);
}
