import {
  type Clock,
  ExternalKurrentDB,
  PermissionError,
  type RandomString,
  DomainError,
  TimeoutError,
} from '../../../../event-store/index.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { connectionFailure, messageOf } from './database-errors.js';
import { tcpPing } from './database-sockets.js';
import { type DatabaseUrl, readDatabaseUrl } from './database-url.js';
import { type DatabaseCheck, type TestedDatabase } from './database.probe.js';
import { OpenedSockets } from '../connection/opened-sockets.js';

const DEFAULT_PORT = 2113;
/** Scheme, credentials, and the hosts that are asked in turn. */
const CONNECTION_STRING = /^[a-z]+(?:\+discover)?:\/\/(?:[^@/?]*@)?(?<hosts>[^/?]+)/;

/**
 * A KurrentDB other than the one in use: an event is appended to it and read back.
 *
 * Its client is kept between the questions, for what the client opens for reading it never closes (client 1.3.1). That a listener died
 * shows all the same: each question begins with a connection that is closed again.
 */
export class KurrentDBTarget implements TestedDatabase {
  readonly #sockets = new OpenedSockets();
  #database: ExternalKurrentDB | undefined;

  constructor(
    private readonly connectionString: string,
    private readonly options: { readonly timeoutMs: number; readonly clock: Clock; readonly random: RandomString },
  ) {}

  prepare(signal: AbortSignal): Promise<DatabaseCheck> {
    const abandon = (): void => this.#sockets.destroyAll();
    signal.addEventListener('abort', abandon, { once: true });
    return Promise.resolve({
      ask: () => this.#ask(signal),
      end: () => {
        signal.removeEventListener('abort', abandon);
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

  async #ask(signal: AbortSignal): Promise<void> {
    await this.#tcpPing(signal);
    try {
      const database = (this.#database ??= new ExternalKurrentDB(this.connectionString, this.options));
      if (await this.#sockets.openedBy(() => database.appendAndFind())) return;
    } catch (error) {
      throw failureOf(error);
    }
    throw new ProbeFailure('the event that was appended could not be read back');
  }

  /** One of the hosts must take a connection. */
  async #tcpPing(signal: AbortSignal): Promise<void> {
    const failures = await Promise.all(
      hostsOf(this.connectionString).map(({ address, endpoint }) =>
        tcpPing(address, signal).then(
          () => undefined,
          (error: unknown) => connectionFailure(error, endpoint),
        ),
      ),
    );
    const [first] = failures;
    if (first && failures.every((failure) => failure !== undefined)) throw first;
  }
}

function hostsOf(connectionString: string): DatabaseUrl[] {
  const hosts = CONNECTION_STRING.exec(connectionString)?.groups?.hosts ?? '';
  return hosts.split(',').map((host) => readDatabaseUrl(`kurrentdb://${host}`, DEFAULT_PORT));
}

/** The client's messages may quote the connection string; only what is known to be harmless is told. */
function failureOf(error: unknown): ProbeFailure {
  if (error instanceof PermissionError) return new ProbeFailure('KurrentDB does not accept the credentials');
  if (error instanceof TimeoutError) return new ProbeFailure('KurrentDB did not answer in time');
  const [, code, endpoint] =
    /connect (E[A-Z]+) (\S+:\d+)/.exec(error instanceof DomainError ? messageOf(error.cause) : '') ?? [];
  if (code !== undefined && endpoint !== undefined) return connectionFailure({ code }, endpoint);
  return new ProbeFailure(
    error instanceof DomainError
      ? 'KurrentDB cannot be used: it failed to append or to read'
      : 'the connection string of KurrentDB cannot be used',
  );
}
