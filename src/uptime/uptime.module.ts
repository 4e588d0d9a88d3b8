import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CLOCK, type Clock, EVENT_STORE, type EventStore, EventStoreModule, ReadModel, ReadModels } from '../event-store/index.js';
import { IdentityModule } from '../identity/index.js';
import { ChangeFeed, UptimeQueries } from './application/index.js';
import { ProbesRecorded, ServiceStatusChanged } from './domain/index.js';
import { LiveFeedGateway } from './http/live-feed.gateway.js';
import { UptimeController } from './http/uptime.controller.js';
import { UptimeStreamsController } from './http/uptime-streams.controller.js';
import { ProberScheduler } from './prober.scheduler.js';
import { UptimeReadModelLifetime } from './read-model/uptime-read-model.lifetime.js';
import { uptimeReadModel, UptimeReadModel } from './read-model/uptime-read-model.js';
import { ServiceMonitors } from './service-monitors.js';
import { UptimeHealthIndicator } from './uptime.health.js';

/** Service uptime: probed on a schedule, recorded as events, answered from a read model. */
@Module({
  imports: [EventStoreModule.forFeature([ServiceStatusChanged, ProbesRecorded]), IdentityModule, TerminusModule],
  controllers: [UptimeController, UptimeStreamsController],
  providers: [
    ServiceMonitors,
    ProberScheduler,
    { provide: ReadModel, inject: [ReadModels], useFactory: (models: ReadModels) => models.open(uptimeReadModel) },
    UptimeReadModelLifetime,
    {
      provide: ChangeFeed,
      inject: [EVENT_STORE, ReadModel],
      useFactory: (store: EventStore, readModel: ReadModel) => new ChangeFeed(store, (position, timeoutMs) => readModel.waitFor(position, timeoutMs)),
    },
    {
      provide: UptimeQueries,
      inject: [ReadModel, ServiceMonitors, CLOCK],
      useFactory: (readModel: ReadModel, monitors: ServiceMonitors, clock: Clock) => new UptimeQueries(new UptimeReadModel(readModel), () => monitors.byName, clock),
    },
    LiveFeedGateway,
    UptimeHealthIndicator,
  ],
  exports: [UptimeHealthIndicator],
})
export class UptimeModule {}
