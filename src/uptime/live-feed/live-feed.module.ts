import { Module } from '@nestjs/common';
import { EVENT_STORE, type EventStore, ReadModel } from '../../event-store/index.js';
import { IdentityModule } from '../../identity/index.js';
import { HistoryModule } from '../history/history.module.js';
import { ChangeFeed } from './change-feed.js';
import { LiveFeedGateway } from './live-feed.gateway.js';

/** Status changes as they are recorded, over WebSocket. */
@Module({
  imports: [HistoryModule, IdentityModule],
  providers: [
    {
      provide: ChangeFeed,
      inject: [EVENT_STORE, ReadModel],
      useFactory: (store: EventStore, readModel: ReadModel) =>
        new ChangeFeed(store, (position, timeoutMs) => readModel.waitFor(position, timeoutMs)),
    },
    LiveFeedGateway,
  ],
})
export class LiveFeedModule {}
