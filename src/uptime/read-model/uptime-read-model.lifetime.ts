import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ReadModel } from '../../event-store/index.js';
import { ChangeFeed } from '../application/index.js';

const RETRY_MS = 1_000;

/** Starts what follows the streams, as soon as the store can be reached, and stops it before the store closes. */
@Injectable()
export class UptimeReadModelLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(UptimeReadModelLifetime.name);
  #retry: NodeJS.Timeout | undefined;
  #starting: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    private readonly readModel: ReadModel,
    private readonly feed: ChangeFeed,
  ) {}

  onApplicationBootstrap(): void {
    this.feed.start();
    this.#starting = this.#start(1);
  }

  /** Not earlier: requests are answered from the tables until the HTTP server has closed. */
  async onApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    await this.#starting;
    await this.feed.stop();
    await this.readModel.stop();
  }

  async #start(attempt: number): Promise<void> {
    try {
      await this.readModel.start();
      if (attempt > 1) this.#logger.log('The store can be reached; following the streams');
    } catch (error) {
      if (attempt === 1) this.#logger.warn(`Not following the streams yet, tried again every ${RETRY_MS} ms: ${error instanceof Error ? error.message : String(error)}`);
      if (this.#isStopped) return;
      this.#retry = setTimeout(() => {
        this.#starting = this.#start(attempt + 1);
      }, RETRY_MS);
    }
  }
}
