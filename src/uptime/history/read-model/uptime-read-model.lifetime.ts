import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ReadModel } from '../../../event-store/index.js';
import { ChangeFeed, PushReports } from '../../probing/application/index.js';

/** Starts what follows the streams, and stops it before the store closes. */
@Injectable()
export class UptimeReadModelLifetime implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly readModel: ReadModel,
    private readonly feed: ChangeFeed,
    private readonly reports: PushReports,
  ) {}

  onApplicationBootstrap(): void {
    this.feed.start();
    this.reports.start();
    this.readModel.startWhenReachable();
  }

  /** Not earlier: requests are answered from the tables until the HTTP server has closed. */
  async onApplicationShutdown(): Promise<void> {
    await this.feed.stop();
    await this.reports.stop();
    await this.readModel.stop();
  }
}
