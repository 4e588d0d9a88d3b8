import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CLOCK, type Clock, EVENT_STORE, type EventStore, ReadModel, ReadModels } from '../event-store/index.js';
import { IdentityModule } from '../identity/index.js';
import { ChangeFeed, UptimeQueries } from './probing/application/index.js';
import { LiveFeedGateway } from './live-feed/live-feed.gateway.js';
import { PushController } from './probing/push/push.controller.js';
import { UptimeController } from './history/http/uptime.controller.js';
import { UptimeStreamsController } from './probing/http/uptime-streams.controller.js';
import { ProberRuntime } from './probing/prober-runtime.js';
import { PROBER_PROVIDERS } from './probing/prober.providers.js';
import { UptimeReadModelLifetime } from './history/read-model/uptime-read-model.lifetime.js';
import { uptimeReadModel, UptimeReadModel } from './history/read-model/uptime-read-model.js';
import { RECORD_CONTROLLERS, RECORD_PROVIDERS } from './annotations/annotations.providers.js';
import { ServicesFileModule } from './services-file/index.js';
import { UptimeEventsModule } from './uptime-events.module.js';
import { UptimeHealthIndicator } from './uptime.health.js';

/** Service uptime: probed on a schedule, recorded as events, answered from a read model. */
@Module({
  imports: [UptimeEventsModule, ServicesFileModule, IdentityModule, TerminusModule],
  controllers: [UptimeController, UptimeStreamsController, PushController, ...RECORD_CONTROLLERS],
  providers: [
    ...PROBER_PROVIDERS,
    ...RECORD_PROVIDERS,
    { provide: ReadModel, inject: [ReadModels], useFactory: (models: ReadModels) => models.open(uptimeReadModel) },
    {
      provide: UptimeReadModel,
      inject: [ReadModel],
      useFactory: (readModel: ReadModel) => new UptimeReadModel(readModel),
    },
    UptimeReadModelLifetime,
    {
      provide: ChangeFeed,
      inject: [EVENT_STORE, ReadModel],
      useFactory: (store: EventStore, readModel: ReadModel) =>
        new ChangeFeed(store, (position, timeoutMs) => readModel.waitFor(position, timeoutMs)),
    },
    {
      provide: UptimeQueries,
      inject: [UptimeReadModel, ProberRuntime, CLOCK],
      useFactory: (history: UptimeReadModel, { prober }: ProberRuntime, clock: Clock) =>
        new UptimeQueries(history, () => prober.monitors, clock),
    },
    LiveFeedGateway,
    UptimeHealthIndicator,
  ],
  exports: [UptimeHealthIndicator],
})
export class UptimeModule {}
