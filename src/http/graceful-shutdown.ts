import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Server } from 'node:http';
import { APP_CONFIG, type AppConfig } from '../config/index.js';

/** After SIGTERM running requests finish; those that take too long are cut off, so that the process ends in time. */
@Injectable()
export class GracefulShutdown implements BeforeApplicationShutdown {
  readonly #logger = new Logger(GracefulShutdown.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  beforeApplicationShutdown(): void {
    const { delayMs, timeoutMs } = this.config.shutdown;
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    setTimeout(() => {
      this.#logger.warn(`Requests were still running ${timeoutMs} ms after the port was closed; cutting them off`);
      server.closeAllConnections();
    }, delayMs + timeoutMs).unref();
  }
}
