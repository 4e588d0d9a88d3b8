import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Server } from 'node:http';
import { APP_CONFIG, type AppConfig } from '../config/index.js';

/** Lets running requests finish after SIGTERM, and closes their connections after `shutdown.timeoutMs`. */
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
      this.#logger.warn(`Requests still running ${timeoutMs} ms after the port was closed; closing their connections`);
      server.closeAllConnections();
    }, delayMs + timeoutMs).unref();
  }
}
