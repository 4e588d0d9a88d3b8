import { Logger } from '@nestjs/common';
import { backgroundLoads } from '../../common/background-loads.js';
import { type NameResolver } from '../../common/network/name-resolver.js';
import { type AppConfig } from '../../config/index.js';
import { type EmbeddedKurrentDB } from '../../embedded-kurrentdb/index.js';
import { embeddedDirectory, prepareEmbeddedKeys, withoutPassword, withPassword } from './embedded-keys.js';
import { resolveGrpcTargets } from './grpc-names.js';
import { RecoveringClient } from './recovering-client.js';
import { publishConnection, resolveConnection } from './running-kurrentdb.js';

/** Nothing listens there: stands for a store that cannot be opened. */
const UNREACHABLE = 'kurrentdb://127.0.0.1:1?tls=false';

interface Embedded {
  readonly server: EmbeddedKurrentDB;
  /** Removes the published connection. */
  readonly unpublish: () => void;
}

/** Client of the store, and the embedded server unless an external one is configured. */
export class KurrentDBConnection {
  constructor(
    readonly clients: RecoveringClient,
    private readonly embedded: Embedded | undefined,
  ) {}

  /**
   * Connects to the configured server, or to an embedded one that it starts in {@link embeddedDirectory} and publishes
   * for {@link connectionOfRunning}.
   *
   * @param names for the hosts of this and all other KurrentDB clients of the process
   * @param onFailure called when the embedded server stops by itself
   */
  static async open(
    config: AppConfig,
    names: NameResolver,
    onFailure: (error: Error) => void,
  ): Promise<KurrentDBConnection> {
    resolveGrpcTargets(names);
    const { kurrentdb } = config;
    if (kurrentdb.connectionString !== undefined) {
      return new KurrentDBConnection(new RecoveringClient(kurrentdb.connectionString), undefined);
    }
    const { holderOf, start, StoreDamagedError } = await import('../../embedded-kurrentdb/index.js');
    const directory = embeddedDirectory(config);
    const keysDir = prepareEmbeddedKeys(config, (problem) => new Logger('EmbeddedKurrentDB').warn(problem));
    const onProblem = (error: Error): void => new Logger('EmbeddedKurrentDB').error({ err: error }, error.message);
    const server = await start({ dataDir: directory, keysDir, onFailure, onProblem }).catch((error: unknown) => {
      if (error instanceof StoreDamagedError) return error;
      throw error;
    });
    if (server instanceof StoreDamagedError) {
      new Logger('EmbeddedKurrentDB').error(
        `${server.message}. The service runs without a store and answers 503; 'npm run streams -- store salvage' copies what can be read`,
      );
      return new KurrentDBConnection(new RecoveringClient(UNREACHABLE), undefined);
    }
    for (const repair of server.repairs) new Logger('EmbeddedKurrentDB').warn(repair);
    backgroundLoads.add('the embedded KurrentDB', () => server.loadRest());
    const holder = holderOf(directory);
    const { connectionString } = server;
    const unpublish =
      holder === undefined
        ? () => undefined
        : publishConnection(directory, { holder, connectionString: withoutPassword(connectionString) }, () =>
            new Logger('EmbeddedKurrentDB').error(
              `The disk of ${directory} is full: other processes find the embedded KurrentDB when there is room`,
            ),
          );
    return new KurrentDBConnection(new RecoveringClient(connectionString), { server, unpublish });
  }

  async close(): Promise<void> {
    await this.clients.close();
    if (!this.embedded) return;
    // Before the directory lock is released: afterwards the file could belong to the next process.
    this.embedded.unpublish();
    await this.embedded.server.stop();
  }
}

/**
 * Connection string of the embedded KurrentDB that another process runs under `DATA_DIR`; undefined if there is none,
 * or if an external server is configured.
 *
 * @throws ConnectionError if a process has locked the directory without publishing its connection
 */
export async function connectionOfRunning(
  config: Pick<AppConfig, 'kurrentdb' | 'dataDir' | 'keysDir'>,
): Promise<string | undefined> {
  if (config.kurrentdb.connectionString !== undefined) return undefined;
  const { holderOf } = await import('../../embedded-kurrentdb/index.js');
  const connection = await resolveConnection(embeddedDirectory(config), holderOf);
  return connection === undefined ? undefined : withPassword(connection, config);
}

/**
 * Verifies the embedded store under `DATA_DIR`, or copies what can be read of it beside it.
 *
 * @throws Error if it is in use
 */
export async function maintainStore(
  task: 'verify' | 'salvage',
  config: Pick<AppConfig, 'dataDir'>,
): Promise<{ readonly isSound: boolean; readonly output: string }> {
  const { salvageStore, verify } = await import('../../embedded-kurrentdb/index.js');
  return (task === 'verify' ? verify : salvageStore)(embeddedDirectory(config));
}

/**
 * Logs the error and exits the process, so that the supervisor restarts it: the service cannot work without its store.
 */
export function exitOnFailure(error: Error): void {
  new Logger('EmbeddedKurrentDB').fatal(`The embedded KurrentDB stopped: ${error.message}`, error.stack);
  process.exit(1);
}
