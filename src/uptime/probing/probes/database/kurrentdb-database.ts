import { type NameResolver } from '../../../../common/network/name-resolver.js';
import {
  type Clock,
  ExternalKurrentDB,
  PermissionError,
  type RandomString,
  DomainError,
  StoreCredentialsError,
  TimeoutError,
} from '../../../../event-store/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { connectionFailure, messageOf } from './database-errors.js';
import { tcpPing } from './database-sockets.js';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.js';
import { type DatabaseCheck, type ProbedDatabase } from './database.probe.js';
import { SocketTracker } from '../connection/socket-tracker.js';

const DEFAULT_PORT = 2113;
/** Scheme, credentials, and a comma-separated list of hosts. */
const CONNECTION_STRING = /^[a-z]+(?:\+discover)?:\/\/(?:[^@/?]*@)?(?<hosts>[^/?]+)/;

/**
 * A KurrentDB other than the one of this service: appends an event and reads it back.
 *
 * The client is kept between checks, because it never closes the connections that it opens for reading (client 1.3.1).
 * A dead listener is detected nevertheless: each check begins with a new connection.
 */
export class KurrentDBDatabase implements ProbedDatabase {
  readonly #sockets = new SocketTracker();
  #database: ExternalKurrentDB | undefined;

  constructor(
    private readonly connectionString: string,
    private readonly options: {
      readonly timeoutMs: number;
      readonly clock: Clock;
      readonly names: NameResolver;
      readonly random: RandomString;
    },
  ) {}

  prepare(signal: AbortSignal): Promise<DatabaseCheck> {
    const abort = (): void => this.#sockets.destroyAll();
    signal.addEventListener('abort', abort, { once: true });
    return Promise.resolve({
      run: () => this.#run(signal),
      close: () => {
        signal.removeEventListener('abort', abort);
        return Promise.resolve();
      },
    });
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.close();
    this.#sockets.destroyAll();
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#tcpPing(signal);
    try {
      const database = (this.#database ??= new ExternalKurrentDB(this.connectionString, this.options));
      if (await this.#sockets.track(() => database.appendAndReadBack())) return;
    } catch (error) {
      throw toProbeFailure(error);
    }
    throw new ProbeFailure('the event that was appended could not be read back');
  }

  /** At least one of the hosts must accept a connection. */
  async #tcpPing(signal: AbortSignal): Promise<void> {
    const failures = await Promise.all(
      hostsOf(this.connectionString).map((host) =>
        tcpPing(host, { names: this.options.names, signal }).then(
          () => undefined,
          (failure: unknown) => failure,
        ),
      ),
    );
    const [first] = failures;
    if (failures.every((failure) => failure !== undefined)) throw first;
  }
}

function hostsOf(connectionString: string): DatabaseUrl[] {
  const hosts = CONNECTION_STRING.exec(connectionString)?.groups?.hosts ?? '';
  return hosts.split(',').map((host) => parseDatabaseUrl(`kurrentdb://${host}`, DEFAULT_PORT));
}

/** The client's messages may quote the connection string, so only error codes and addresses are used. */
function toProbeFailure(error: unknown): ProbeFailure {
  if (error instanceof StoreCredentialsError) return new ProbeFailure('KurrentDB rejected the credentials');
  if (error instanceof PermissionError) return new ProbeFailure('KurrentDB denied the user access to the stream');
  if (error instanceof TimeoutError) return new ProbeFailure('KurrentDB did not respond in time');
  const [, code, hostPort] =
    /connect (E[A-Z]+) (\S+:\d+)/.exec(error instanceof DomainError ? messageOf(error.cause) : '') ?? [];
  if (code !== undefined && hostPort !== undefined) return connectionFailure({ code }, hostPort);
  return new ProbeFailure(
    error instanceof DomainError
      ? 'KurrentDB failed to append or to read an event'
      : 'the KurrentDB connection string is not valid',
  );
}
