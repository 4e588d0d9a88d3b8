import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApiKeyCache } from './api-key-cache.js';

/** Follows the API keys from when the service starts until its HTTP server has closed. */
@Injectable()
export class ApiKeyCacheLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly table: ApiKeyCache) {}

  onApplicationBootstrap(): void {
    this.table.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.table.stop();
  }
}
