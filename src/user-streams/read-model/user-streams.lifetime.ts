import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LmdbUserStreamReadModel } from './lmdb-user-stream-read-model.js';

/** Starts what follows the streams, and stops it before the store closes. */
@Injectable()
export class UserStreamsLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly table: LmdbUserStreamReadModel) {}

  onApplicationBootstrap(): void {
    this.table.start();
  }

  /** Not earlier: requests are answered from the tables until the HTTP server has closed. */
  onApplicationShutdown(): Promise<void> {
    return this.table.stop();
  }
}
