import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import { type AppConfig } from '../../config/index.js';
import { type EmbeddedKurrentDB } from '../../embedded-kurrentdb/index.js';
import { KurrentDBClients } from './kurrentdb-clients.js';

/** The running store: a client, and the embedded server behind it where there is one. */
export class KurrentDBConnection {
  constructor(
    readonly clients: KurrentDBClients,
    private readonly embedded: EmbeddedKurrentDB | undefined,
  ) {}

  /**
   * Connects to the server of the configuration, or starts the embedded one under `DATA_DIR/kurrentdb` and connects to that.
   *
   * @param onFailure called when the embedded server stops by itself
   */
  static async open({ kurrentdb, dataDir }: AppConfig, onFailure: (error: Error) => void): Promise<KurrentDBConnection> {
    if (kurrentdb.connectionString !== undefined) {
      return new KurrentDBConnection(new KurrentDBClients(kurrentdb.connectionString), undefined);
    }
    const { start } = await import('../../embedded-kurrentdb/index.js');
    const embedded = await start({ dataDir: join(dataDir, 'kurrentdb'), onFailure });
    return new KurrentDBConnection(new KurrentDBClients(embedded.connectionString), embedded);
  }

  async close(): Promise<void> {
    await this.clients.close();
    await this.embedded?.stop();
  }
}

/** Closes the store last: requests that are still running while the service shuts down can be answered. */
@Injectable()
export class KurrentDBLifetime implements OnApplicationShutdown {
  constructor(@Inject(KurrentDBConnection) private readonly connection: KurrentDBConnection) {}

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}

/** Without its store the service is of no use: it says so and leaves, to be started again. */
export function leaveOnFailure(error: Error): void {
  new Logger('EmbeddedKurrentDB').fatal(`The embedded KurrentDB stopped: ${error.message}`, error.stack);
  process.exit(1);
}
