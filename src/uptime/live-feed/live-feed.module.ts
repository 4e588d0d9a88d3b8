import { Module } from '@nestjs/common';
import { provide, ReadModel } from '../../event-store/index.js';
import { HttpModule } from '../../http/index.js';
import { IdentityModule } from '../../identity/index.js';
import { HistoryModule } from '../history/history.module.js';
import { ChangeFeed } from './change-feed.js';
import { LiveFeedController } from './live-feed.controller.js';
import { LiveFeedGateway } from './live-feed.gateway.js';

/** Live status changes over WebSocket. */
@Module({
  imports: [HttpModule, HistoryModule, IdentityModule],
  controllers: [LiveFeedController],
  providers: [provide(ChangeFeed, ReadModel), LiveFeedGateway],
})
export class LiveFeedModule {}
