import { Logger } from '@nestjs/common';
import { join } from 'node:path';
import { type AppConfig } from '../../config/index.js';
import { type EmbeddedKurrentDB } from '../../embedded-kurrentdb/index.js';
import { RecoveringClient } from './recovering-client.js';
import { publishConnection, resolveConnection, removeConnection } from './running-kurrentdb.js';

const EMBEDDED_DIRECTORY = 'kurrentdb';

/** An embedded server, and the directory it holds. */
interface Embedded {
  readonly server: EmbeddedKurrentDB;
  readonly directory: string;
}

/** The running store: a client, and the embedded server behind it where there is one. */
export class KurrentDBConnection {
  constructor(
    readonly clients: RecoveringClient,
    private readonly embedded: Embedded | undefined,
  ) {}

  /**
   * Connects to the server of the configuration, or starts the embedded one under `DATA_DIR/kurrentdb` and connects to that. Processes of
   * the same user find the embedded one by {@link connectionOfRunning} then.
   *
   * @param onFailure called when the embedded server stops by itself
   */
  static async open(
    { kurrentdb, dataDir }: AppConfig,
    onFailure: (error: Error) => void,
  ): Promise<KurrentDBConnection> {
    if (kurrentdb.connectionString !== undefined) {
      return new KurrentDBConnection(new RecoveringClient(kurrentdb.connectionString), undefined);
    }
    const { holderOf, start } = await import('../../embedded-kurrentdb/index.js');
    const directory = join(dataDir, EMBEDDED_DIRECTORY);
    const server = await start({ dataDir: directory, onFailure });
    const holder = holderOf(directory);
    if (holder !== undefined) publishConnection(directory, { holder, connectionString: server.connectionString });
    return new KurrentDBConnection(new RecoveringClient(server.connectionString), { server, directory });
  }

  async close(): Promise<void> {
    await this.clients.close();
    if (!this.embedded) return;
    // While the directory is still held: afterwards the file could be that of the next process.
    removeConnection(this.embedded.directory);
    await this.embedded.server.stop();
  }
}

/**
 * The connection string of the embedded KurrentDB that another process runs under `DATA_DIR`; undefined where none does, and where the
 * configuration names a server.
 *
 * @throws ConnectionError for a process that holds the directory without saying how to reach it
 */
export async function connectionOfRunning({
  kurrentdb,
  dataDir,
}: Pick<AppConfig, 'kurrentdb' | 'dataDir'>): Promise<string | undefined> {
  if (kurrentdb.connectionString !== undefined) return undefined;
  const { holderOf } = await import('../../embedded-kurrentdb/index.js');
  return resolveConnection(join(dataDir, EMBEDDED_DIRECTORY), holderOf);
}

/** Without its store the service is of no use: it says so and leaves, to be started again. */
export function exitOnFailure(error: Error): void {
  new Logger('EmbeddedKurrentDB').fatal(`The embedded KurrentDB stopped: ${error.message}`, error.stack);
  process.exit(1);
}
